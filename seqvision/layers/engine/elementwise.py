"""Any cell whose step is elementwise but for its primitives, run over time.

Between a step's products and norms each unit depends on its own numbers only. So the derivatives
of a step's outs (output, new states, operands of primitives) by its ins (states, results of
primitives) are as many numbers as there are units, and one automatic differentiation has them for
all time steps at once. What is left for the loop backward is to multiply gradients by these
factors, and to pull them back through the primitives. The gradients of the weights and of the
input follow from its results, again at once.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from keras import ops, tree

from seqvision.cells.primitives import Times
from seqvision.errors import SeqvisionError
from seqvision.layers.engine.loop import Walk, chosen, turned
from seqvision.layers.engine.replay import Replay

Gradients = Callable[[list[Any], list[Any], list[Any]], list[Any]]
"""`gradients(of, given, by)`: from the gradients given of some tensors to those by others, each
None where nothing depends on them."""


class Tape(Protocol):
    """What a backend brings: gradients of a function that has run."""

    def __call__(self, function: Callable[[], Any], watched: list[Any]) -> tuple[Any, Gradients]:
        """Return what the function returns, and the gradients of it by what is watched."""
        ...


class Kept(NamedTuple):
    """What the loop forward leaves for the way back, each `(time, batch, ...)`."""

    before: list[Any]
    """The states before each step."""
    results: list[list[Any]]
    """What each of the primitives returned."""
    others: list[list[Any]]
    """What else their pullbacks need."""


def forward(
    replay: Replay, walk: Walk, parts: list[Any], states: list[Any], values: list[Any], mask: Any
) -> tuple[Any, list[Any], Kept]:
    """Run over time; return the outputs, the last states and what `backward` needs.

    Args:
        parts: the projected input, each `(time, batch, size)`.
        values: of the weights.
        mask: `(time, batch, 1)`: where it is False a step leaves the states as they were, and
            its output counts for nothing.
    """
    # One step outside the loop finds the kernels, which may be computed from weights.
    once = replay([part[0] for part in parts], states, values)

    def body(inputs: list[Any], carried: list[Any]) -> tuple[list[Any], list[Any]]:
        ran = replay(inputs[: len(parts)], carried, values, once.primitives)
        new = [ops.cast(a, b.dtype) for a, b in zip(ran.states, carried, strict=True)]
        if mask is not None:
            new = chosen(inputs[-1], new, carried)
        return new, tree.flatten([ran.output, carried, ran.results, ran.others])

    inputs = parts if mask is None else [*parts, mask]
    nest = [once.output, states, once.results, once.others]
    last, rows = walk(body, inputs, states, len(tree.flatten(nest)), False)
    outputs, *kept = tree.pack_sequence_as(nest, rows)
    return outputs, last, Kept(*kept)


def backward(
    replay: Replay,
    walk: Walk,
    tape: Tape,
    parts: list[Any],
    values: list[Any],
    mask: Any,
    kept: Kept,
    d_outputs: Any,
    d_last: list[Any],
) -> tuple[list[Any], list[Any], list[Any]]:
    """Return the gradients of the parts, of the first states and of the weights.

    Those of parts and weights are None where nothing depends on them.
    """
    flow = Derivatives(replay, tape, parts, values, kept)
    once = replay([part[0] for part in parts], [state[0] for state in kept.before], values)
    primitives = [
        replace(each, turned=turned(each.kernel)) if isinstance(each, Times) else each
        for each in once.primitives
    ]
    states = len(kept.before)

    def body(inputs: list[Any], carried: list[Any]) -> tuple[list[Any], list[Any]]:
        d_output, factors, results, others, masks = tree.pack_sequence_as(nest, inputs)
        d_new, passed_on = carried, None
        if mask is not None:
            # A masked step passes gradients on; the step itself gets zeros, and so gives zeros.
            zeros = [ops.zeros_like(d) for d in carried]
            d_new, passed_on = chosen(masks[0], carried, zeros), chosen(masks[0], zeros, carried)
        step = _Step(flow, factors)
        for place, d in zip(flow.places, [d_output, *d_new], strict=False):
            step.give(place, d)
        d_results: list[list[Any]] = []
        for k, primitive in reversed(list(enumerate(primitives))):
            numbered = zip(flow.results[k], results[k], strict=True)
            d_results.insert(0, [step.of_in(i, result) for i, result in numbered])
            d_operand = primitive.pullback(d_results[0], results[k], others[k])
            step.give(flow.places[1 + states + k], d_operand)
        d_states = [step.of_in(i, d) for i, d in zip(flow.before, carried, strict=True)]
        if passed_on is not None:
            d_states = [a + b for a, b in zip(d_states, passed_on, strict=True)]
        return d_states, tree.flatten([step.d_outs, d_results])

    masks = [] if mask is None else [mask]
    nest = [d_outputs, flow.factors, kept.results, kept.others, masks]
    made = [flow.outs, kept.results]
    d_states, rows = walk(body, tree.flatten(nest), d_last, len(tree.flatten(made)), True)
    d_parts, d_values = flow.at_once(*tree.pack_sequence_as(made, rows))
    return d_parts, d_states, d_values


class Derivatives:
    """How the outs of a step depend on its ins, at all time steps.

    Attributes:
        outs: the outs that are not ins themselves, each once, `(time · batch, size)`.
        places: for each out of a step `("out", index in outs)`, or `("in", index)` if it is an in.
        factors: derivatives that are not zero, `(time, batch, size)`.
        at: by the indices of an out and an in: the index of the factor, None if it is 1, and how
            many gates of the out's size it has side by side.
        results, before: the indices among the ins of each primitive's results and of the states.
    """

    def __init__(self, replay: Replay, tape: Tape, parts: Any, values: Any, kept: Kept):
        self.parts, self.values = parts, values
        self._flat = [_rows(part) for part in parts]
        results, before = tree.map_structure(_rows, [kept.results, kept.before])
        ins = tree.flatten([results, before])
        self.results, self.before = tree.pack_sequence_as([results, before], range(len(ins)))
        self.ran, self.gradients = tape(
            lambda: replay(self._flat, before, values, results=results),
            [*self._flat, *values, *ins],
        )
        self.outs: list[Any] = []
        self.places = [self._place(out, ins) for out in self.ran.outs]
        self.factors: list[Any] = []
        self.at: dict[tuple[int, int], tuple[int | None, int]] = {}
        steps = ops.shape(parts[0])[:2]
        for o, out in enumerate(self.outs):
            ones = ops.ones_like(out)
            for i, factor in enumerate(self.gradients([out], [ones], ins)):
                if factor is ones:
                    self.at[o, i] = None, 1
                elif factor is not None:
                    self.at[o, i] = len(self.factors), _times_wider(factor, out, replay.cell)
                    self.factors.append(ops.reshape(factor, (*steps, factor.shape[-1])))

    def _place(self, out: Any, ins: list[Any]) -> tuple[str, int]:
        for kind, tensors in (("in", ins), ("out", self.outs)):
            for k, tensor in enumerate(tensors):
                if tensor is out:
                    return kind, k
        self.outs.append(out)
        return "out", len(self.outs) - 1

    def at_once(self, d_outs: list[Any], d_results: list[list[Any]]) -> tuple[list[Any], list[Any]]:
        """From the gradients of all outs and results to those of the parts and the weights."""
        kernels, d_kernels = [], []
        for primitive, operand, d in zip(
            self.ran.primitives, self.ran.operands, d_results, strict=True
        ):
            if primitive.kernel is not None:
                kernels.append(primitive.kernel)
                d_kernels.append(primitive.of_kernel(operand, _rows(d[0])))
        of, given = [*self.outs, *kernels], [*map(_rows, d_outs), *d_kernels]
        found = self.gradients(of, given, [*self._flat, *self.values])
        d_parts, d_values = found[: len(self.parts)], found[len(self.parts) :]
        d_parts = [
            None if d is None else ops.reshape(d, ops.shape(part))
            for d, part in zip(d_parts, self.parts, strict=True)
        ]
        return d_parts, d_values


class _Step:
    """Gradients of one time step, on their way from outs to ins."""

    def __init__(self, flow: Derivatives, factors: list[Any]):
        self.flow, self.factors = flow, factors
        self.d_outs: list[Any] = [None] * len(flow.outs)
        self.d_ins: dict[int, Any] = {}

    def give(self, place: tuple[str, int], d: Any) -> None:
        """Add to the gradient of an out."""
        kind, k = place
        if kind == "in":
            self.d_ins[k] = self.d_ins[k] + d if k in self.d_ins else d
        else:
            self.d_outs[k] = d if self.d_outs[k] is None else self.d_outs[k] + d

    def of_in(self, i: int, like: Any) -> Any:
        """Return the gradient of an in, once its outs have theirs."""
        terms = [self.d_ins[i]] if i in self.d_ins else []
        for o, d in enumerate(self.d_outs):
            if (o, i) in self.flow.at and d is not None:
                k, often = self.flow.at[o, i]
                d = d if often == 1 else ops.concatenate([d] * often, axis=-1)
                terms.append(d if k is None else d * self.factors[k])
        return sum(terms[1:], terms[0]) if terms else ops.zeros_like(like)


def _rows(tensor: Any) -> Any:
    return ops.reshape(tensor, (-1, *tensor.shape[2:]))


def _times_wider(factor: Any, out: Any, cell: Any) -> int:
    often, rest = divmod(factor.shape[-1], out.shape[-1])
    if rest:
        raise SeqvisionError(
            f"{type(cell).__name__} says that its step is elementwise, but {out.shape[-1]} of its "
            f"numbers depend on {factor.shape[-1]} others"
        )
    return often
