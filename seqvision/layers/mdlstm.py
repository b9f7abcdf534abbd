"""The multi-dimensional LSTM, whose position in an image knows those above and left of it."""

from typing import Any, Literal

import keras
from keras import ops

from seqvision.cells.initializers import raised_bias
from seqvision.errors import SeqvisionError
from seqvision.layers.precision import full
from seqvision.options import Initializer, MergeMode
from seqvision.privates import rnn

_FLIPPED = ((), (1, 2), (1,), (2,))
"""The axes of images along which each direction reads from the far end."""
_CLOSED = -3e4
"""What the gates of places beyond the image get: they are 0, and so are state and output there."""


@keras.saving.register_keras_serializable("seqvision")
class MDLSTM(keras.layers.Layer):
    """An LSTM over height and width at once, from `(batch, height, width, channels)`.

    With h and c of the position above, a, and of that on the left, l, or 0 beyond the edge:

        i = σ(x W_i + h_a U_i + h_l V_i + p_i ∘ (c_a + c_l) + b_i)
        f_a = σ(x W_fa + h_a U_fa + h_l V_fa + p_fa ∘ c_a + b_fa)
        f_l = σ(x W_fl + h_a U_fl + h_l V_fl + p_fl ∘ c_l + b_fl)
        c = f_a ∘ c_a + f_l ∘ c_l + i ∘ tanh(x W_c + h_a U_c + h_l V_c + b_c)
        o = σ(x W_o + h_a U_o + h_l V_o + p_o ∘ c + b_o)
        h = o ∘ tanh(c)

    So a position knows all that is not below or right of it. Other directions begin in other
    corners, with weights of their own. Positions of one diagonal do not need each other: a loop
    over the height + width − 1 diagonals computes each at once, for all directions.

    Kernels hold the gates in the order i, f_a, f_l, c, o; `recurrent_kernel` is U above V.

    Args:
        units: the size of h and of c.
        directions: 1 reads from the top left; 2 also from the bottom right; 4 from each corner.
        merge_mode: how directions are merged: `concat`, `sum`, `mul` or `ave`.
        return_sequences: return h of each position, `(batch, height, width, features)`; else that
            of the corner where each direction ends, `(batch, features)`.
        use_peepholes: whether the gates see c, through p, as in the paper.
        forget_bias: what the biases of both forget gates start at, besides their initializer. At
            0 the two are a half each; where they add up to more than 1, c grows along the way.
        peephole_initializer: of p.

    Raises:
        SeqvisionError: the size of the images is not known.

    Examples:
        >>> import keras
        >>> from seqvision.layers import MDLSTM
        >>> layer = MDLSTM(16, directions=2)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 7, 5, 1))))
        (2, 7, 5, 32)

    References:
        Graves, Fernández & Schmidhuber, "Multi-dimensional recurrent neural networks", 2007,
        arXiv 0705.2011.
    """

    def __init__(
        self,
        units: int,
        directions: Literal[1, 2, 4] = 4,
        merge_mode: MergeMode = "concat",
        return_sequences: bool = True,
        use_peepholes: bool = True,
        forget_bias: float = 0.0,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal",
        bias_initializer: Initializer = "zeros",
        peephole_initializer: Initializer = "zeros",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.directions = directions
        self.merge_mode = merge_mode
        self.return_sequences = return_sequences
        self.use_peepholes = use_peepholes
        self.forget_bias = forget_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.peephole_initializer = keras.initializers.get(peephole_initializer)

    def build(self, input_shape: Any) -> None:
        if len(input_shape) != 4 or None in input_shape[1:]:
            raise SeqvisionError(
                "MDLSTM: expected images (batch, height, width, channels) of one size, got "
                f"{tuple(input_shape)}"
            )
        units, bias = self.units, self.bias_initializer
        for gate in (1, 2) if self.forget_bias else ():
            bias = raised_bias(bias, gate, 5, self.forget_bias)
        kernel = (input_shape[-1], 5 * units), self.kernel_initializer
        self.kernels = self._of_each_direction("kernel", *kernel)
        kernel = (2 * units, 5 * units), self.recurrent_initializer
        self.recurrent_kernels = self._of_each_direction("recurrent_kernel", *kernel)
        self.biases = self._of_each_direction("bias", (5 * units,), bias)
        self.peepholes = []
        if self.use_peepholes:
            peepholes = (4 * units,), self.peephole_initializer
            self.peepholes = self._of_each_direction("peepholes", *peepholes)

    def _of_each_direction(self, name: str, shape: tuple[int, ...], initializer: Any) -> list[Any]:
        return [
            self.add_weight(shape, _fresh(initializer), name=f"{name}_{number}")
            for number in range(1, self.directions + 1)
        ]

    def call(self, images: Any) -> Any:
        flips = _FLIPPED[: self.directions]
        ways = ops.stack([_flipped(images, axes) for axes in flips])
        _, _, height, width, channels = ways.shape
        pixels = ops.reshape(ways, (len(flips), -1, channels))
        projected = ops.matmul(pixels, _stacked(self.kernels)) + _stacked(self.biases)[:, None]
        projected = ops.reshape(projected, (len(flips), -1, height, width, 5 * self.units))
        hs, last = self._along_diagonals(_skewed(projected))
        if not self.return_sequences:
            return self._merged(ops.unstack(last[:, :, -1], len(flips)))
        each = zip(ops.unstack(_straight(hs), len(flips)), flips, strict=True)
        return self._merged([_flipped(h, axes) for h, axes in each])

    def _along_diagonals(self, projected: Any) -> tuple[Any, Any]:
        """Run over the diagonals of projected inputs; the rows of one are its positions.

        Args:
            projected: `(diagonals, directions, batch, height, 5 · units)`.

        Returns:
            h of each diagonal, or of none but the last, and of the last.
        """
        diagonals, directions, _, height, _ = projected.shape
        units, kernel = self.units, _stacked(self.recurrent_kernels)
        peepholes = None
        if self.use_peepholes:
            peepholes = ops.cast(_stacked(self.peepholes), full(projected.dtype))
            peepholes = ops.split(peepholes[:, None, None], 4, axis=-1)

        def step(z: Any, states: Any) -> tuple[Any, list[Any]]:
            h, c = states
            seen = ops.reshape(
                ops.concatenate([_above(h), h], axis=-1), (directions, -1, 2 * units)
            )
            z = z + ops.reshape(ops.matmul(seen, kernel), (directions, -1, height, 5 * units))
            h, c = _put_out(ops.cast(z, c.dtype), _above(c), c, peepholes)
            h = ops.cast(h, z.dtype)
            return h, [h, c]

        nothing = ops.zeros_like(projected[0, ..., :units])
        last, hs, _ = rnn(
            step,
            projected,
            [nothing, ops.cast(nothing, full(projected.dtype))],
            unroll=_is_unrolled(diagonals),
            input_length=diagonals,
            time_major=True,
            return_all_outputs=self.return_sequences,
        )
        return hs, last

    def _merged(self, each: list[Any]) -> Any:
        if self.merge_mode == "concat":
            return ops.concatenate(each, axis=-1)
        if self.merge_mode == "mul":
            return ops.prod(ops.stack(each), axis=0)
        total = sum(each[1:], each[0])
        return total / len(each) if self.merge_mode == "ave" else total

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        batch, height, width, _ = input_shape
        features = self.units * (self.directions if self.merge_mode == "concat" else 1)
        return (batch, height, width, features) if self.return_sequences else (batch, features)

    def get_config(self) -> dict[str, Any]:
        plain = ("units", "directions", "merge_mode", "return_sequences", "use_peepholes")
        config = {name: getattr(self, name) for name in (*plain, "forget_bias")}
        for name in ("kernel", "recurrent", "bias", "peephole"):
            initializer = getattr(self, f"{name}_initializer")
            config[f"{name}_initializer"] = keras.initializers.serialize(initializer)
        return {**super().get_config(), **config}


def _flipped(images: Any, axes: tuple[int, ...]) -> Any:
    for axis in axes:  # OpenVINO can't flip two at once.
        images = ops.flip(images, axis)
    return images


def _stacked(weights: list[Any]) -> Any:
    """A weight of all directions, `(directions, ...)`."""
    return ops.stack([weight.value for weight in weights])


def _fresh(initializer: Any) -> Any:
    """The initializer, or a copy of Keras's, which repeats its values for a second weight."""
    return initializer.clone() if hasattr(initializer, "clone") else initializer


def _put_out(z: Any, above: Any, left: Any, peepholes: Any) -> tuple[Any, Any]:
    """The h and c that come of the gates' inputs z and of c above and on the left."""
    i, forget_above, forget_left, g, o = ops.split(z, 5, axis=-1)
    if peepholes is not None:
        i = i + peepholes[0] * (above + left)
        forget_above = forget_above + peepholes[1] * above
        forget_left = forget_left + peepholes[2] * left
    c = ops.sigmoid(forget_above) * above + ops.sigmoid(forget_left) * left
    c = c + ops.sigmoid(i) * ops.tanh(g)
    if peepholes is not None:
        o = o + peepholes[3] * c
    return ops.sigmoid(o) * ops.tanh(c), c


def _above(rows: Any) -> Any:
    """What the row above has of each of `(directions, batch, height, units)`."""
    return ops.pad(rows[:, :, :-1], [[0, 0], [0, 0], [1, 0], [0, 0]])


def _skewed(images: Any) -> Any:
    """Diagonals, of `(directions, batch, height, width, features)`, as the first axis.

    Each row is moved right by one more than that above it: `height` places are put after each
    row, and the lot is cut into rows that are one shorter. What they hold closes the gates.
    """
    directions, _, height, width, features = images.shape
    padded = ops.pad(images, [[0, 0]] * 3 + [[0, height], [0, 0]], constant_values=_CLOSED)
    diagonals = height + width - 1
    flat = ops.reshape(padded, (directions, -1, height * (width + height), features))
    cut = ops.reshape(
        flat[:, :, : height * diagonals], (directions, -1, height, diagonals, features)
    )
    return ops.transpose(cut, (3, 0, 1, 2, 4))


def _straight(skewed: Any) -> Any:
    """Images again, of what `_skewed` makes of them."""
    diagonals, directions, _, height, features = skewed.shape
    rows = ops.transpose(skewed, (1, 2, 3, 0, 4))
    flat = ops.reshape(rows, (directions, -1, height * diagonals, features))
    flat = ops.pad(flat, [[0, 0], [0, 0], [0, height], [0, 0]])
    whole = ops.reshape(flat, (directions, -1, height, diagonals + 1, features))
    return whole[:, :, :, : diagonals + 1 - height]


def _is_unrolled(diagonals: int) -> bool:
    """Whether TensorFlow's graph has each diagonal in it, as the engine's has each step."""
    if keras.backend.backend() != "tensorflow":
        return False
    from seqvision.layers.engine.graph import UNROLLED_UP_TO

    return diagonals <= UNROLLED_UP_TO
