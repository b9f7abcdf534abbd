"""`seqvision init`: a config to begin from."""

from pathlib import Path

import click

from seqvision.errors import SeqvisionError

_IMAGES = """\
# Begin here; `seqvision check {file}` says whether it is right, `seqvision run {file}` trains it.
name: {name}
description: what it is, in one line
data:
{dataset}
  validation: 0.1         # share (or count) of the training images
model:
  family: stacked         # `seqvision list families`
  scan: rows              # `seqvision list scans`
  cell: gru               # `seqvision list cells`; options: {{name: gru, reset_after: false}}
  units: [128, 128]       # one number a layer
  dropout: 0.2
  pooling: mean           # last, mean, max, attention
  # weights: lstm2_fast:mnist   # or a run's folder or a file: begin with what was learned there
train:
  epochs: {epochs:<16}# of few samples many: it takes some hundred steps to learn anything
  batch_size: 64
  optimizer: {{name: adamw, learning_rate: 3e-3, weight_decay: 0.01}}
  schedule: {{name: one_cycle}}
  # augment: {{shift: 0.07, rotate: 10, zoom: 0.1}}
  # early_stopping: {{monitor: val_loss, patience: 3}}
  # best_weights: val_loss
  # freeze: [recurrent_1]       # layers, by patterns of their names in `seqvision show`
  # head_epochs: 1              # the last layer alone at first
  # layer_decay: 0.7            # lower layers learn more slowly
  seeds: [0]
tune:                     # what `seqvision tune {file}` searches
  oracle: bayesian        # random, grid, hyperband
  trials: 20
  space:
    model.units: {{choice: [[64], [128], [128, 128]]}}
    model.dropout: {{float: [0.0, 0.5]}}
    train.optimizer.learning_rate: {{float: [3e-4, 1e-2], log: true}}
"""

_SERIES = """\
# Begin here; `seqvision check {file}` says whether it is right, `seqvision run {file}` trains it.
name: {name}
description: what it is, in one line
data:
{dataset}
  validation: 0.2           # share (or count) of the training series
model:
  family: bidirectional     # `seqvision list families`
  input:
    name: series
    normalize: train        # each: every series by itself; none
    gaps: hold              # what stands for what is absent: zero, hold, linear
    # gap_flags: true       # tell the model what was absent
    # max_steps: 500        # of longer series, keep: head, tail, or window
  cell: gru                 # `seqvision list cells`
  units: [64]
  dropout: 0.3
  pooling: mean             # last, mean, max, attention
train:
  epochs: 20                # of few series more: it takes some hundred steps to learn anything
  batch_size: 16
  bucket: true              # series of like length come together
  optimizer: {{name: adamw, learning_rate: 3e-3, weight_decay: 0.01}}
  schedule: {{name: one_cycle}}
  # augment: {{jitter: 0.1, scaling: 0.1, time_warp: 0.1, window_slice: 0.2, channel_dropout: 0.1}}
  # class_weights: balanced
  # early_stopping: {{monitor: val_loss, patience: 5}}
  seeds: [0]
tune:                       # what `seqvision tune {file}` searches
  oracle: bayesian          # random, grid, hyperband
  trials: 20
  space:
    model.units: {{choice: [[32], [64], [64, 64]]}}
    model.dropout: {{float: [0.0, 0.5]}}
    train.optimizer.learning_rate: {{float: [3e-4, 1e-2], log: true}}
"""


_ANY_IMAGES = """\
  dataset: mnist          # or digits, fashion_mnist, cifar10, or images of your own:
                          #   {name: npz, path: mine.npz}
                          #   {name: image_folder, path: pictures, size: [28, 28]}
  offline: mnist-5k       # stands in when mnist can't be had; leave it out to insist"""

_ANY_SERIES = """\
  dataset: digit-outlines   # or `pip install 'seqvision[archive]'` and
                            #   {name: archive, problem: JapaneseVowels}
                            # or series of your own (`seqvision list datasets`):
                            #   {name: csv, path: mine.csv, id: person, time: t, label: state}
                            #   {name: csv_folder, path: FOLDER}, a table a series
                            #   {name: ts, path: FOLDER}
                            #   {name: npz, path: mine.npz, kind: series}
                            #   {name: wav_folder, path: sounds}"""


@click.command(name="init")
@click.argument("file", type=click.Path(path_type=Path), default=Path("mine.yaml"))
@click.option("--series", is_flag=True, help="For series in place of images.")
@click.option(
    "--data",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Your own file or folder: what reads it is found by what lies there.",
)
def command(file: Path, series: bool, data: Path | None) -> None:
    """Write a commented config to FILE (mine.yaml), never over one that is there.

    \b
    seqvision init mine.yaml && seqvision run mine.yaml
    seqvision init --data pictures/ mine.yaml
    seqvision init --series sensors.yaml
    """
    dataset = _ANY_SERIES if series else _ANY_IMAGES
    if data:
        from seqvision.config.plain import in_yaml
        from seqvision.data.found import dataset_at

        spec, series = dataset_at(data)
        options = ", ".join(f"{key}: {in_yaml(value)}" for key, value in spec.items())
        dataset = f"  # All options: seqvision list datasets {spec['name']}\n"
        dataset += f"  dataset: {{{options}}}"
    try:
        form = _SERIES if series else _IMAGES
        # Of one's own there are fewer images than of MNIST, mostly, and so fewer steps an epoch.
        epochs = 20 if data else 5
        text = form.format(file=file, name=file.stem, dataset=dataset, epochs=epochs)
        text = text.encode("utf-8")
        with file.open("xb") as out:
            out.write(text)
    except UnicodeEncodeError:
        raise SeqvisionError(f"{file}: this name is no text; choose another") from None
    except FileExistsError:
        raise SeqvisionError(f"{file}: is there already; choose another name") from None
    except OSError as error:
        raise SeqvisionError(f"{file}: cannot be written: {error.strerror}") from None
    click.echo(f"wrote {file}; now: seqvision run {file}")
