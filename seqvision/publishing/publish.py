"""From finished runs of one config to a folder of weights that say what they are."""

import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from seqvision.config import load_config
from seqvision.data.base import Dataset
from seqvision.data.loading import load
from seqvision.data.resampling import Resampling
from seqvision.data.split import train_and_validation
from seqvision.errors import SeqvisionError
from seqvision.import_keras import import_keras
from seqvision.presets.checksum import sha256
from seqvision.presets.facts import NAME, Facts, from_json, of_record
from seqvision.publishing.choose import best, runs_of_one_config
from seqvision.publishing.own_paths import without_folders
from seqvision.publishing.repeat import CONFIG, repeating
from seqvision.runs.files import check_writable, copy_atomically, write_json, write_yaml
from seqvision.runs.record import RunRecord

log = logging.getLogger("seqvision")

WEIGHTS = "model.weights.h5"
_VERSIONS = ("seqvision", "keras", "tensorflow", "jax", "torch", "numpy", "python", "git_commit")
_MOST_APART = 0.005
"""How far the accuracy measured anew may lie from the record's, which rounded more if it was
trained in lower precision."""


@dataclass(frozen=True)
class Published:
    """Weights that were published: the folder, the facts in it, and what is worth telling."""

    folder: Path
    facts: Facts


def publish_weights(
    runs: Sequence[Path],
    output: Path,
    *,
    name: str | None = None,
    tag: str | None = None,
    rounded: bool = True,
    licence: str | None = None,
    urls: Sequence[str] = (),
) -> Published:
    """Write the folder `<output>/<name>.<tag>/` of the best of runs of one config.

    It holds `model.weights.h5`, `seqvision.json`, the model card `README.md` with its picture, and
    the run's `config.yaml`. It is there whole or not at all; one of before is replaced.

    Args:
        runs: folders of finished runs that differ in their seeds; the best on the validation
            samples is taken.
        name: of the model, if not the config's.
        tag: what tells these weights from others of the model; the dataset's name if not given.
        rounded: round the weights as far as no logit of the test samples moves by more than 1e-2
            and as many of them are right: to float16, else to float32 with fewer digits.
        licence: of the weights, such as `apache-2.0`.
        urls: addresses of folders that will hold the file `<name>.<tag>.weights.h5`.

    Raises:
        SeqvisionError: the runs are not finished or not of one config; the dataset is not that of
            the record; or the weights do not have the accuracy of their record.
    """
    records = runs_of_one_config(runs)
    record = best(records)
    if not (record.folder / "model.keras").is_file():  # Of the others the records are enough.
        raise SeqvisionError(f"{record.folder}: holds no model.keras, so no weights")
    name = str(name or record["name"])
    tag = str(tag or record["dataset"]["name"])
    for what, word in (("name", name), ("tag", tag)):
        if not re.fullmatch(r"\w[\w.+-]*", word, re.ASCII):
            raise SeqvisionError(
                f"{what}: expected letters, digits and any of . + - _, got {word!r}"
            )
    target = output / f"{name}.{tag}"
    check_writable(output)
    if target.exists() and not (target / NAME).is_file():
        raise SeqvisionError(f"{target}: is there already, and holds no published weights")
    config = load_config(record["config"])
    facts = of_record(record)
    sizes = {key: record["dataset"].get(key) for key in ("train", "validation", "test")}
    parent = facts.more.get("parent") or {}
    more = {
        "name": name,
        "tag": tag,
        "config": without_folders(config.content()),
        "config_hash": config.hash,
        "dataset": {**facts.more["dataset"], **sizes},
        # Where it lay on a person's machine is nobody's concern; its hash says which it was.
        "parent": {key: value for key, value in parent.items() if key != "source"} or None,
        "seeds": [each["seed"] for each in records],
        "command": repeating(config, [each["seed"] for each in records]),
        "versions": {k: v for k in _VERSIONS if (v := record["environment"].get(k))},
        "licence": licence,
        "urls": [f"{url.rstrip('/')}/{name}.{tag}.weights.h5" for url in urls],
    }
    facts = replace(facts, data=without_folders(facts.data), more={**facts.more, **more})
    dataset = _dataset(record)
    with _whole(target) as folder:
        facts = _fill(folder, facts, records, record, dataset, rounded)
    return Published(target, facts)


def add_to_manifest(published: Published, manifest: Path, files: Path) -> None:
    """Put published weights into a folder, and their line into a manifest.

    The file is `<name>.<tag>.weights.h5`; the line takes the place of one of before.

    Raises:
        SeqvisionError: the manifest is damaged, or one of both cannot be written.
    """
    from seqvision.presets.manifest import handle, lines
    from seqvision.runs.files import write_atomically

    facts = published.facts
    own = handle(facts)
    name = f"{facts.more['name']}.{facts.more['tag']}.weights.h5"
    there = {f"{v['name']}:{v['tag']}": v for _, v in lines(manifest)}
    there[own] = {**facts.to_json(), "file": name}
    text = "".join(f"{json.dumps(there[key], ensure_ascii=False)}\n" for key in sorted(there))
    check_writable(manifest.parent)
    check_writable(files)
    files.mkdir(parents=True, exist_ok=True)
    manifest.parent.mkdir(parents=True, exist_ok=True)
    copy_atomically(published.folder / WEIGHTS, files / name)
    write_atomically(manifest, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def _dataset(record: RunRecord) -> Dataset:
    """The dataset of a record.

    Raises:
        SeqvisionError: it is not on this machine, or has changed.
    """
    data, of = record["config"]["data"], record["dataset"]
    offline = data["offline"] if of["name"] != of["asked_for"] else None
    dataset = load(data["dataset"], offline, Resampling.of(data))
    if dataset.checksum != of["checksum"]:
        raise SeqvisionError(
            f"{record.folder}: trained on other data than {dataset.name} is here today: its "
            f"checksum is {dataset.checksum[:12]}…, the record's {of['checksum'][:12]}…"
        )
    return dataset


def _fill(
    folder: Path,
    facts: Facts,
    records: Sequence[RunRecord],
    record: RunRecord,
    dataset: Dataset,
    rounded: bool,
) -> Facts:
    """Write all files of published weights; return their facts."""
    import_keras()
    from seqvision.publishing.card import PICTURE, card
    from seqvision.publishing.measure import over_seeds, own_metrics
    from seqvision.publishing.picture import picture
    from seqvision.publishing.rounding import FRACTIONS, compare, write_weights
    from seqvision.publishing.temperature import fit_temperature
    from seqvision.runs.predict import logits
    from seqvision.saved import model_of_weights
    from seqvision.weights import load_weights

    test, file = dataset.test, folder / WEIGHTS
    _, validation = train_and_validation(dataset, load_config(record["config"]).data.validation)
    model = model_of_weights(record.folder / "model.keras", facts, str(record.folder))
    trained = logits(model, test.samples)
    _check_accuracy(record, float((trained.argmax(axis=1) == test.labels).mean()), len(test))
    whole = folder / "whole.weights.h5"
    model.save_weights(whole)
    dtype, answers, rounding = "float32", trained, None
    for fraction in (*(FRACTIONS if rounded else ()), None):
        dtype = write_weights(whole, file, fraction)
        load_weights(model, file, fresh_head=False, others_told=True)
        answers, rounding = logits(model, test.samples), None
        if fraction is None:
            break
        rounding = compare(fraction, trained, answers, test.labels)
        if (hindrance := rounding.hindrance()) is None:
            break
        log.info("%s: not rounded to %d bits: %s", record.folder, fraction, hindrance)
    whole.unlink()
    temperature = None
    if len(validation):
        temperature = fit_temperature(logits(model, validation.samples), validation.labels)
        if temperature is None:
            words = "%s: its validation %s set no temperature"
            log.warning(words, record.folder, facts.samples)
    facts = replace(facts, temperature=temperature)
    facts.more.update(
        metrics=over_seeds(records),
        own_metrics=own_metrics(answers, test.labels, temperature),
        file=WEIGHTS,
        bytes=file.stat().st_size,
        sha256=sha256(file),
        dtype=dtype,
        parameters=model.count_params(),
        **({"rounding": asdict(rounding)} if rounding else {}),
    )
    facts = from_json(facts.to_json(), NAME)  # As it will be read.
    write_json(folder / NAME, facts.to_json())
    _write_config(folder / CONFIG, record)
    shown = picture(test.samples, test.labels, answers.argmax(axis=1), dataset.class_names)
    (folder / PICTURE).write_bytes(shown)
    text = card(facts)
    (folder / "README.md").write_text(text, encoding="utf-8")
    return facts


def _write_config(path: Path, record: RunRecord) -> None:
    """Write the config of a run, without where files lay on the machine."""
    config = load_config(record["config"]).resolved()
    shown = without_folders(config)
    if shown == config:
        copy_atomically(record.folder / "config.yaml", path)
    else:
        write_yaml(path, shown)


def _check_accuracy(record: RunRecord, accuracy: float, samples: int) -> None:
    """Check that weights have the accuracy of their record."""
    recorded = record["metrics"]["test_accuracy"]
    if abs(accuracy - recorded) > max(_MOST_APART, 3 / samples):
        raise SeqvisionError(
            f"{record.folder}: its model.keras has a test accuracy of {accuracy:.4f}, its record "
            f"says {recorded:.4f}: they do not belong together"
        )


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A folder to fill, which takes its place when it is full; or nothing is left of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    filled = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        filled.chmod(0o777 & ~_umask())  # As other folders; mkdtemp's are for oneself.
        yield filled
        before = filled.with_name(f"{filled.name}.before")
        if target.exists():
            target.rename(before)
        filled.rename(target)
        shutil.rmtree(before, ignore_errors=True)
    finally:
        shutil.rmtree(filled, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
