"""What every mixer is, and what those are whose state moves linearly from step to step."""

from typing import Any

import keras
from keras import ops

from seqvision.layers.linear import linear_recurrence, next_state
from seqvision.layers.masked import without_masked
from seqvision.layers.precision import full
from seqvision.layers.window import window
from seqvision.registry import options_of


class Mixer(keras.layers.Layer):
    """A layer from `(batch, steps, features)` to the same shape that mixes steps.

    It may read all steps at once. Masked steps come out as zeros. Masked steps before the first
    that is not, and after the last, change no other; of those between, the mixer says.

    A subclass keeps each argument of its constructor as an attribute of the same name, and says
    what `call` does; or, if it keeps states, what `states` and `run` do, from which the rest
    follows.
    """

    causal = True
    """Whether no step that comes out depends on later ones that go in."""
    skips_masked = True
    """Whether a masked step between others is as if it were not there; if not, it is one of 0."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    @property
    def looks_ahead(self) -> str | None:
        """Why what it says of a step depends on later ones; None if it does not."""
        return None if self.causal else "it mixes each step with later ones"

    @property
    def is_stepwise(self) -> bool:
        """Whether it can be given one step at a time."""
        return self.causal and type(self).run is not Mixer.run

    @property
    def state_dtype(self) -> str:
        """The type of all states: full precision at least."""
        return full(self.compute_dtype)

    def states(self, features: int) -> list[tuple[int, float]]:
        """The size of each state, and the value that it begins with."""
        return []

    def initial_state(self, batch: Any) -> list[Any]:
        """What the states begin with, each `(batch, size)`, once it is built."""
        states = self.states(self._features)
        return [ops.full((batch, size), value, self.state_dtype) for size, value in states]

    def step(self, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        """Do what `call` does, for one step.

        Args:
            inputs: the step, `(batch, features)`.
            states: what is kept of the steps before it, each `(batch, size)`, in float32 or more.

        Returns:
            What comes out at this step, `(batch, features)`, and the new states.
        """
        outputs, states = self.run(inputs[:, None], states)
        return outputs[:, 0], states

    def run(
        self, sequence: Any, states: list[Any], mask: Any = None, training: bool = False
    ) -> tuple[Any, list[Any]]:
        """Do what `step` does, for all steps at once.

        Args:
            sequence: `(batch, steps, features)`.
            states: as of `step`, before the first step.
            mask: `(batch, steps)`, False where a step changes no state (or is one of 0, of a mixer
                that says so); None if none is.

        Returns:
            What comes out at all steps, `(batch, steps, features)`, and the last states.
        """
        raise NotImplementedError

    def call(self, sequence: Any, mask: Any = None, training: bool = False) -> Any:
        """Mix all steps of sequences `(batch, steps, features)`."""
        return self.run(sequence, self.initial_state(ops.shape(sequence)[0]), mask, training)[0]

    def build(self, input_shape: Any) -> None:
        self._features = input_shape[-1]

    def add_dynamics(self, shape: Any, initializer: Any, name: str, rate: float = 1.0) -> Any:
        """Add a weight that says how a state moves: in full precision, and without weight decay.

        `seqvision run` keeps weight decay from it, and lets it learn at a share `rate` of the
        learning rate. Whoever trains otherwise finds it by the attribute `learning_rate_share`.
        """
        dtype = full(self.variable_dtype)
        weight = self.add_weight(shape, initializer, dtype=dtype, autocast=False, name=name)
        weight.learning_rate_share = rate
        return weight

    def add_conv(self, width: int, size: int) -> None:
        """Add the weights of a causal convolution of each feature by itself, small at random.

        They are `conv_kernel`, `(width, size)`, for `seqvision.layers.window.depthwise`, and
        `conv_bias`.
        """
        around_0 = keras.initializers.RandomUniform(-(width**-0.5), width**-0.5)
        self.conv_kernel = self.add_weight((width, size), around_0, name="conv_kernel")
        self.conv_bias = self.add_weight((size,), "zeros", name="conv_bias")

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {p.name: getattr(self, p.name) for p in options_of(type(self))}
        return {**super().get_config(), **own}


class LinearMixer(Mixer):
    """A mixer whose state h moves as h' = a ∘ h + b, with a and b of the step that goes in.

    All steps at once are one operation, or √steps in time (`seqvision.layers.linear`). h is a
    tensor or, if it is complex, a pair of them. A masked step leaves it as it is.

    What goes in may be made of the last few steps; then these are states too, after h.
    """

    is_complex = False

    window = 1
    """Of how many steps, with its own, `seen` makes what goes in."""

    def size(self, features: int) -> int:
        """How many numbers the state has."""
        raise NotImplementedError

    def seen(self, steps: list[Any]) -> Any:
        """Return what goes in, from a step and those before it, the latest first.

        Args:
            steps: `window` tensors, of one step `(batch, features)` or all, `(batch, steps,
                features)`.
        """
        return steps[0]

    def recurrence(self, inputs: Any) -> tuple[Any, Any]:
        """Return a and b.

        Args:
            inputs: one step `(batch, features)` or all, `(batch, steps, features)`, as `seen`
                returns them.

        Returns:
            b, with the state's size in place of the features, and a likewise or `(size,)`; pairs if
            they are complex.
        """
        raise NotImplementedError

    def read(self, state: Any, inputs: Any) -> Any:
        """Return what comes out, from the new state and what went in, of one step or all."""
        raise NotImplementedError

    def states(self, features: int) -> list[tuple[int, float]]:
        sizes = [self.size(features)] * self._numbers + [features] * (self.window - 1)
        return [(size, 0.0) for size in sizes]

    def step(self, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        first, before = self._parted(states)
        steps = [inputs, *(ops.cast(each, self.compute_dtype) for each in before)]
        inputs = self.seen(steps)
        state = next_state(first, *self.recurrence(inputs))
        before = [ops.cast(each, self.state_dtype) for each in steps[:-1]]
        return self._out(state, inputs), [*self._parts(state), *before]

    def run(
        self, sequence: Any, states: list[Any], mask: Any = None, training: bool = False
    ) -> tuple[Any, list[Any]]:
        outputs, state, before = self._over_time(sequence, *self._parted(states), mask, training)
        return outputs, [*(part[:, -1] for part in self._parts(state)), *before]

    def call(self, sequence: Any, mask: Any = None, training: bool = False) -> Any:
        before = [ops.zeros_like(sequence[:, 0])] * (self.window - 1)
        return self._over_time(sequence, None, before, mask, training)[0]

    def state_over_time(self, inputs: Any, first: Any, mask: Any, training: bool) -> Any:
        """The state after each step, `(batch, steps, size)`.

        Args:
            inputs: what `seen` returns, of all steps.
            first: the state before them; None if it is zeros.
        """
        a, b = self.recurrence(inputs)
        return linear_recurrence(a, b, first, mask, training=training)

    def _over_time(
        self, sequence: Any, first: Any, before: list[Any], mask: Any, training: bool
    ) -> Any:
        """What comes out, the state after each step, and what comes before a next one."""
        steps, before = window(without_masked(sequence, mask), before, mask)
        inputs = self.seen(steps)
        state = self.state_over_time(inputs, first, mask, training)
        return without_masked(self._out(state, inputs), mask), state, before

    def _out(self, state: Any, inputs: Any) -> Any:
        return ops.cast(self.read(state, inputs), self.compute_dtype)

    @property
    def _numbers(self) -> int:
        """How many tensors h is."""
        return 2 if self.is_complex else 1

    def _parts(self, state: Any) -> list[Any]:
        return list(state) if self.is_complex else [state]

    def _parted(self, states: list[Any]) -> tuple[Any, list[Any]]:
        """H and the steps before, from all states."""
        n = self._numbers
        return states[:n] if self.is_complex else states[0], states[n:]
