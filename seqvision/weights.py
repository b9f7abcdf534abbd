"""Loads weights from a file into a model, and says what does not fit."""

import logging
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqvision.errors import SeqvisionError
from seqvision.model_files import unreadable

if TYPE_CHECKING:
    import keras

log = logging.getLogger("seqvision")

Shapes = dict[str, tuple[int, ...]]
"""The shapes of a layer's weights, by their paths within the layer's group of the file."""


def load_weights(
    model: "keras.Model",
    file: Path,
    *,
    fresh_head: bool,
    source: str | Path | None = None,
    others_told: bool = False,
) -> None:
    """Load weights into a model whose last layer is its head; no code in the file is run.

    Numbers of another precision, such as float16, become those of the model.

    Args:
        file: of `.keras` or `.weights.h5`.
        source: how a person called it, for messages; the file if not given.
        others_told: whether it was told already which layers without weights are others.
        fresh_head: if only the head does not fit, keep its initial weights and log a warning;
            otherwise that is an error.

    Raises:
        SeqvisionError: the file is damaged or does not fit; with the layer and the shapes.
    """
    source = source or file
    with _weights_file(file) as path, tempfile.TemporaryDirectory() as folder:
        there = _layout(path, source)
        own = Path(folder) / "own.weights.h5"
        model.save_weights(own)  # Shows how Keras lays out this model.
        here = _layout(own, source)
        head = model.layers[-1]
        if not others_told:
            _warn_of_other_layers(set(here), set(there), source)
        skipped = _misfit(here, there, head.name, source, fresh_head)
        try:
            model.load_weights(path, objects_to_skip=[head] if skipped else None)
        except Exception as error:  # HDF5 has many errors for a damaged file.
            raise unreadable(source, "weights", error) from None


@contextmanager
def _weights_file(path: Path) -> Iterator[Path]:
    """The HDF5 file of weights, extracted if `path` is a `.keras` archive."""
    if path.suffix != ".keras":
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                taken = archive.extract("model.weights.h5", folder)
        except Exception as error:  # So has zip.
            raise unreadable(path, "weights", error) from None
        yield Path(taken)


def _layout(path: Path, source: str | Path) -> dict[str, tuple[str, Shapes]]:
    """The name and the shapes of each layer, by the name of its group in the file."""
    import h5py

    layers: dict[str, tuple[str, Shapes]] = {}
    try:
        with h5py.File(path, "r") as file:
            groups: Any = file["layers"]
            for key, group in groups.items():
                shapes: Shapes = {}

                def note(place: str, item: Any, shapes: Shapes = shapes) -> None:
                    if isinstance(item, h5py.Dataset):
                        shapes[place] = item.shape

                group.visititems(note)
                own = group.get("vars")
                layers[key] = (str(own.attrs.get("name", key)) if own else key, shapes)
    except Exception as error:  # HDF5's many.
        raise unreadable(source, "weights", error) from None
    return layers


def _misfit(
    here: dict[str, tuple[str, Shapes]],
    there: dict[str, tuple[str, Shapes]],
    head: str,
    source: str | Path,
    fresh_head: bool,
) -> bool:
    """Whether only the head does not fit and may start afresh; anything else is an error."""
    nothing: tuple[str, Shapes] = ("", {})
    wrong = {
        key: (here.get(key, nothing)[0] or there[key][0], here.get(key, nothing)[1], found)
        for key, found in {k: there.get(k, nothing)[1] for k in {**here, **there}}.items()
        if here.get(key, nothing)[1] != found
    }
    others = [item for item in wrong.values() if item[0] != head]
    if others:
        name, expected, found = others[0]
        more = f"; {len(others) - 1} more layers do not fit either" if others[1:] else ""
        raise SeqvisionError(
            f"weights: {source} does not fit: layer {name!r} has {_told(expected)} in the model "
            f"and {_told(found)} in the file{more}"
        )
    if not wrong:
        return False
    ((name, expected, found),) = wrong.values()
    if not fresh_head:
        classes = [list(shapes.values())[-1][-1] if shapes else 0 for shapes in (found, expected)]
        raise SeqvisionError(
            f"weights: {source} has {classes[0]} classes and the model {classes[1]}; say "
            f"num_classes={classes[0]}, or num_classes={classes[1]} for a head that begins anew"
        )
    log.warning(
        "%s: layer %r begins anew, as it has %s in the model and %s in the file; all else is kept",
        source,
        name,
        _told(expected),
        _told(found),
    )
    return True


def _warn_of_other_layers(here: set[str], there: set[str], source: str | Path) -> None:
    """Warn of layers without weights that differ, such as scans: they fit any file."""
    only = [
        sorted(key for key in mine - other if not key.startswith(("dropout", "activation")))
        for mine, other in ((here, there), (there, here))
    ]
    if any(only):
        told = [", ".join(keys) or "nothing" for keys in only]
        log.warning("%s: its model has the layer %s in place of %s", source, told[1], told[0])


def _told(shapes: Shapes) -> str:
    return ", ".join(str(tuple(shape)) for shape in shapes.values()) or "no weights"
