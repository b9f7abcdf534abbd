"""`seqvision export`: a trained model as a file for another runtime."""

from pathlib import Path

import click


@click.command(name="export")
@click.argument("model")
@click.option("--to", metavar="FORMAT", help="onnx, saved_model, litert or openvino.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The file.")
@click.option("--softmax", is_flag=True, help="Answer with probabilities, not logits.")
@click.option("--temperature", metavar="T|auto|none", help="What logits are divided by.")
@click.option("--batch", type=int, metavar="N", help="Take batches of this one size.")
@click.option("--steps", type=int, metavar="N", help="Take series of this one number of steps.")
@click.option("--weights", default="float32", metavar="TYPE", help="float32, float16 or int8.")
@click.option("--streaming", is_flag=True, help="Write the model of one step, states in and out.")
@click.option("--force", is_flag=True, help="Replace what is there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    model: str,
    to: str | None,
    output: Path,
    softmax: bool,
    temperature: str | None,
    batch: int | None,
    steps: int | None,
    weights: str,
    streaming: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Write a trained MODEL for another runtime, and check that it answers as Keras does.

    MODEL is a run's folder, a .keras file, or the name and tag of trained weights. The format is
    what --to says, or the ending of the file: .onnx, .tflite (litert) or .xml (openvino);
    saved_model is a folder. FILE.json says how to use it. Where an answer differs, nothing is kept.

    \b
    seqvision export lstm2_fast:mnist -o lstm2_fast.onnx
    seqvision export gru3.keras --to saved_model -o gru3/ --softmax --temperature auto
    seqvision export gru3.keras -o gru3.tflite --weights int8
    seqvision export gru3.keras -o gru3-step.onnx --streaming
    seqvision export results/pump/1f0c-s0 -o pump.tflite --steps 200
    """
    from seqvision.exporting.api import export

    said = export(
        model,
        output,
        to,
        softmax=softmax,
        temperature=_temperature(temperature),
        batch=batch,
        steps=steps,
        weights=weights,
        streaming=streaming,
        force=force,
    )
    if as_json:
        import json

        click.echo(json.dumps(said, indent=1, ensure_ascii=False))
        return
    from seqvision.formatting import counted, percent, size

    parity, batches = said["parity"], "any batch" if said["batch"] == "any" else ""
    batches = batches or f"batches of {said['batch']}"
    click.echo(f"wrote {said['path']} ({size(said['bytes'])}; {said['runtime']}; {batches})")
    pairs = [f"{parity[kind]}" for kind in ("random", "real") if kind in parity]
    click.echo(
        f"beside Keras: {parity['largest_difference']:.1e} apart at most, the same class for "
        f"{percent(parity['same_class'])} ({'; '.join(pairs)})"
    )
    if step := said.get("streaming"):
        numbers = counted(sum(state["size"] for state in step["states"]), "number")
        click.echo(
            f"compared after each step; one takes {step['milliseconds_a_step']:.2g} ms, with "
            f"{counted(len(step['states']), 'state')} of {numbers}"
        )
    if accuracy := said.get("accuracy"):
        samples = counted(accuracy["images"], "sample")
        click.echo(
            f"with {weights} weights: {percent(accuracy['file'])} right of {samples}, "
            f"{accuracy['of']}; Keras {percent(accuracy['keras'])}"
        )
    elif weights != "float32":
        click.echo("its accuracy is not known: the model's test samples are not on this machine")


def _temperature(given: str | None) -> float | str | None:
    if given in (None, "auto", "none"):
        return given
    try:
        return float(given)
    except ValueError:
        return given  # `export` says what is wrong with it.
