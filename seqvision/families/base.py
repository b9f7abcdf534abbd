"""The parts that families put together: the image, a stack of recurrent layers, the logits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from seqvision.cells import CELLS
from seqvision.errors import SeqvisionError
from seqvision.layers.bidirectional import Bidirectional
from seqvision.layers.from_spec import recurrent_layer
from seqvision.layers.pooling import POOLINGS
from seqvision.scans import SCANS
from seqvision.specs import name_and_options


@dataclass(frozen=True)
class Reader:
    """A stack of recurrent layers and the pooling of its steps."""

    cell: str | dict[str, Any]
    units: int | Sequence[int]
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    layer_norm: bool = False
    pooling: str = "last"
    merge_mode: str | None = None
    """How two directions are merged; None reads in one direction."""
    wrap: Sequence[str | dict[str, Any]] = ()
    """Wrappers around each layer's cell, the innermost first."""

    def __call__(self, sequence: Any, name: str = "") -> Any:
        """Read `(batch, steps, features)` into `(batch, size)`; `name` begins the layers' names."""
        units = [self.units] if isinstance(self.units, int) else list(self.units)
        for depth, size in enumerate(units, start=1):
            last = depth == len(units)
            layer = self._layer(size, f"{name}recurrent_{depth}", last)
            sequence = layer(sequence)
            if self.layer_norm and not last:
                sequence = keras.layers.LayerNormalization(name=f"{name}norm_{depth}")(sequence)
            if self.dropout:
                # No noise shape: each time step has its own mask, as in TensorFlow 1's
                # DropoutWrapper.
                drop = keras.layers.Dropout(self.dropout, name=f"{name}dropout_{depth}")
                sequence = drop(sequence)
        if self.pooling == "last":
            return sequence
        return POOLINGS[self.pooling](name=f"{name}{self.pooling}")(sequence)

    def _layer(self, units: int, name: str, last: bool) -> keras.layers.Layer:
        # Without pooling over all steps, the last layer need not return them.
        every_step = not last or self.pooling != "last"
        wrapped = self.merge_mode is not None
        layer = recurrent_layer(
            self._cell(),
            units,
            self.wrap,
            return_sequences=every_step,
            name=f"{name}_cell" if wrapped else name,
        )
        if not wrapped:
            return layer
        return Bidirectional(layer, merge_mode=self.merge_mode, name=name)

    def _cell(self) -> str | dict[str, Any]:
        if not self.recurrent_dropout:
            return self.cell
        name, options = name_and_options(self.cell)
        if "recurrent_dropout" not in {p.name for p in CELLS.entry(name).parameters}:
            raise SeqvisionError(f"cell {name!r} has no recurrent dropout")
        return {"name": name, "recurrent_dropout": self.recurrent_dropout, **options}


def image_input(input_shape: Sequence[int], scale: float) -> tuple[Any, Any]:
    """The input of raw images, and these scaled, `(batch, height, width, channels)`.

    Raises:
        SeqvisionError: the shape is neither `(height, width)` nor `(height, width, channels)`.
    """
    shape = tuple(input_shape)
    if len(shape) not in (2, 3) or not all(isinstance(n, int) and n > 0 for n in shape):
        raise SeqvisionError(
            f"input_shape: expected (height, width) or (height, width, channels), got {shape}"
        )
    images = keras.Input(shape, name="images")
    scaled = keras.layers.Rescaling(scale, name="scaled")(images)
    if len(shape) == 2:
        scaled = keras.layers.Reshape((*shape, 1), name="channel")(scaled)
    return images, scaled


def scanned(images: Any, scan: str | dict[str, Any], name: str = "scan") -> Any:
    """Read images `(batch, height, width, channels)` as `(batch, steps, features)` by a scan."""
    scan_name, options = name_and_options(scan)
    return SCANS.get(scan_name)(**options, name=name)(images)


def classifier(images: Any, features: Any, num_classes: int, name: str) -> keras.Model:
    """The model that ends in one logit for each class, in float32 whatever its precision."""
    # bfloat16 has too few digits for a loss and its gradient.
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(features)
    return keras.Model(images, logits, name=name)
