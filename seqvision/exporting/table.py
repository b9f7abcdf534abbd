"""The table of docs/export.md: each cell, wrapper, mixer and family in each format, tried.

    python -m seqvision.exporting.table > docs/export.md

It takes ten minutes. Tests try the same entries and compare with the page: `pytest -m exhaustive`
all of them, others the formats that take a second, and all formats for one of each kind of graph.
"""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from seqvision.cells import CELLS
from seqvision.cells.wrappers import WRAPPERS
from seqvision.errors import SeqvisionError
from seqvision.exporting.formats import FORMATS
from seqvision.families import FAMILIES
from seqvision.mixers import MIXERS
from seqvision.zoo import create_model

ANY, FIXED, NO = "any", "fixed", "no"
"""What a format does with a model: any batch, one size chosen when it is exported, or nothing."""

Build = Callable[[], Any]


def short_builds() -> dict[str, Build]:
    """Models of each cell, wrapper, mixer and family that read few steps, in whatever loop."""
    builds = {name: _build("stacked", cell=name) for name in CELLS.names()}
    builds |= {f"gru in {name}": _build("stacked", wrap=[name]) for name in WRAPPERS.names()}
    builds |= {f"mixer {name}": _build("blocks", mixer=name) for name in MIXERS.names()}
    return builds | {f"family {name}": _build(name) for name in FAMILIES.names()}


def long_builds() -> dict[str, Build]:
    """Models of 70 steps, one for each way in which a layer loops over them."""
    shape, options = (7, 10), {"scan": "pixels"}
    return {
        "`gru`, `lstm`, `simple_rnn`": _build("stacked", shape, cell="gru", **options),
        "other cells of elementwise steps, in the engine": _build(
            "stacked", shape, cell="peephole_lstm", **options
        ),
        "all other cells, in Keras's loop": _build("stacked", shape, cell="ntm", **options),
        "`sru` and other linear cells, without a loop": _build(
            "stacked", shape, cell="sru", **options
        ),
        "mixers that are linear recurrences, without a loop": _build(
            "blocks", shape, mixer="lru", **options
        ),
        "mixer `mamba`, without a loop": _build("blocks", shape, mixer="mamba", **options),
        "two directions": _build("bidirectional", shape, cell="lstm", **options),
        "`conv_lstm`": _build("conv_lstm", (70, 4)),
    }


def _build(family: str, shape: tuple[int, ...] = (3, 4), **options: Any) -> Build:
    known = {parameter.name for parameter in FAMILIES.entry(family).parameters}
    least = {"units": 4, "filters": 4, "depth": 1, "patch_size": 2, "num_features": 84}
    options = {**{key: least[key] for key in least if key in known}, **options}
    return lambda: create_model(family, shape, 3, **options)


def outcomes(model: Any, folder: Path, formats: Iterable[str] | None = None) -> dict[str, str]:
    """Export a model in formats, checked; say of each what batches it takes.

    Graphs are shared where formats have the same.

    Args:
        formats: all if not given.
    """
    from seqvision.exporting.graph import Graph

    with Graph(model) as plain, Graph(model, unrolled=True) as unrolled:
        found = {}
        for name in FORMATS.names() if formats is None else formats:
            graph = (
                unrolled if plain.has_loop and FORMATS.entry(name).card.get("unrolls") else plain
            )
            found[name] = _outcome(model, name, graph, folder)
    return found


def _outcome(model: Any, name: str, graph: Any, folder: Path) -> str:
    from seqvision.exporting import limits
    from seqvision.exporting.api import make
    from seqvision.exporting.graph import Graph

    format = FORMATS.get(name)
    path = folder / f"model{format.card['ending']}"
    try:
        limits.check_operations(graph.operations, name, format)
        batch = limits.batch_of(format, name, None, graph.has_loop)
        if batch is None:
            make(path, graph, name, format)
            return ANY
        with Graph(model, batch=batch, unrolled=format.card.get("unrolls", False)) as fixed:
            make(path, fixed, name, format)
        return FIXED
    except SeqvisionError:
        return NO


def page() -> str:
    """The page, as Markdown."""
    with tempfile.TemporaryDirectory() as folder:

        def row(name: str, build: Build) -> str:
            each = Path(tempfile.mkdtemp(dir=folder))
            return f"| {name} | {' | '.join(outcomes(build(), each).values())} |"

        short = [row(f"`{name}`", build) for name, build in short_builds().items()]
        long = [row(name, build) for name, build in long_builds().items()]
    formats = FORMATS.names()
    head = f"| | {' | '.join(f'`{name}`' for name in formats)} |\n|---|{'---|' * len(formats)}"
    return _PAGE.format(short="\n".join([head, *short]), long="\n".join([head, *long]))


_PAGE = """# Export: what works

`seqvision export MODEL --to FORMAT -o FILE` writes a trained model for another runtime, tries the
file with that runtime, and keeps it only if it answers as Keras does: within 1e-5, or 1e-5 of the
image's largest logit, on random and on real images in batches of 1, 2 and 7.

| format | file | read by | needs | weights, besides float32 |
|---|---|---|---|---|
| `saved_model` | a folder | TensorFlow | nothing more | |
| `onnx` | `.onnx` | ONNX Runtime | `pip install 'seqvision[onnx]'` | `float16`, `int8` |
| `litert` | `.tflite` | LiteRT | `pip install 'seqvision[litert]'` | `float16`, `int8` |
| `openvino` | `.xml` and `.bin` | OpenVINO | `pip install 'seqvision[openvino]'` | `float16` |

These tables are made by `python -m seqvision.exporting.table`, and tests try them again. **any**:
a batch of any size, or with `--batch N` one of that size. **fixed**: one size, which is 1 unless
`--batch N` says another. **no**: not at all; `onnx` and `saved_model` are for such a model.

## Up to 64 steps

For instance the 28 rows of an image. Time steps are unrolled, by the engine or, for `litert` and
`openvino`, in the place of Keras's loop.

{short}

## More than 64 steps

For instance the 784 pixels of an image, in a loop.

{long}

## What to do instead

- **The backend is JAX or PyTorch**: export with `KERAS_BACKEND=tensorflow`, which reads the same
  `.keras` file. (From JAX, ONNX lacks reshapes of any batch; from PyTorch, the batch is fixed.)
- **A model in bfloat16 or float16**: build it in float32 with the same weights; `saved_model`
  takes it as it is.
- **`litert` with a loop**: it needs a batch that is known. Give `--batch N`, or export to `onnx`.
- **`openvino` with a loop**: it takes any batch, but not one that is fixed; leave `--batch` out.
- **OpenVINO's answers differ by 1e-2**: it computes in bfloat16 where a processor can. Load the
  file with `INFERENCE_PRECISION_HINT: f32`, as the check does and the sidecar says.
- **Smaller files**: unrolled steps, not weights, are most of a small model's file, which `--weights
  int8` then makes larger. It is for models of some hundred units.
"""


if __name__ == "__main__":
    print(page(), end="")
