"""The parts that families put together: the input, a stack of recurrent layers, the logits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from seqvision.cells import CELLS
from seqvision.errors import SeqvisionError
from seqvision.inputs import INPUTS
from seqvision.layers.bidirectional import Bidirectional
from seqvision.layers.from_spec import recurrent_layer
from seqvision.layers.pooling import POOLINGS
from seqvision.scans import SCANS
from seqvision.specs import build, name_and_options


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


def model_input(
    input_shape: Sequence[int | None], input: str | dict[str, Any] | None, scale: float
) -> tuple[Any, Any]:
    """The input of raw samples, and what the model's `input` makes of them.

    Args:
        input_shape: of images `(height, width[, channels])`; of series `(None, features)`, or
            `(steps, features)` if `input` says that they are series.
        input: the input's spec; that of the shape's kind if None.
        scale: what pixels are multiplied by if `input` does not say.

    Returns:
        The input, and images `(batch, height, width, channels)` or a masked sequence
        `(batch, steps, features)`.

    Raises:
        SeqvisionError: the shape is none of the input's.
    """
    if input is None:
        shape = tuple(input_shape)
        is_series = len(shape) == 2 and shape[0] is None
        input = "series" if is_series else {"name": "pixels", "scale": scale}
    return build(INPUTS, input, tuple(input_shape))


def image_input(
    family: str,
    input_shape: Sequence[int | None],
    input: str | dict[str, Any] | None,
    scale: float,
    as_it: str = "cuts them into patches",
) -> tuple[Any, Any]:
    """`model_input` of a family that reads images only, for which `as_it` says why.

    Raises:
        SeqvisionError: the samples are series.
    """
    raw, samples = model_input(input_shape, input, scale)
    if len(samples.shape) != 4:
        raise SeqvisionError(
            f"{family} reads images, as it {as_it}; for series use `stacked`, `bidirectional` or "
            "`conv_rnn`"
        )
    return raw, samples


def scanned(samples: Any, scan: str | dict[str, Any], name: str = "scan") -> Any:
    """Read images or series, as `model_input` returns them, as a sequence by a scan.

    Raises:
        SeqvisionError: the scan reads images only, and these are series.
    """
    layer = build(SCANS, scan, name=name)
    if len(samples.shape) == 3:
        layer.check_reads_series()  # Here Keras adds nothing to what it says.
    return layer(samples)


def classifier(raw: Any, features: Any, num_classes: int, name: str) -> keras.Model:
    """The model that ends in one logit for each class, in float32 whatever its precision."""
    # bfloat16 has too few digits for a loss and its gradient.
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(features)
    return keras.Model(raw, logits, name=name)
