"""A cell's step as a function of tensors that records its primitives."""

from dataclasses import dataclass, field
from typing import Any

import keras
from keras import tree

from seqvision.cells.primitives import taken_over
from seqvision.privates import AutocastScope


@dataclass
class Ran:
    """What a step returned, and its primitives with their operands and results, in order."""

    output: Any = None
    states: list[Any] = field(default_factory=list)
    primitives: list[Any] = field(default_factory=list)
    operands: list[Any] = field(default_factory=list)
    results: list[list[Any]] = field(default_factory=list)
    others: list[list[Any]] = field(default_factory=list)
    """For each primitive what its `pullback` needs besides its results."""

    @property
    def outs(self) -> list[Any]:
        """All that a step computes by elementwise operations."""
        return [self.output, *self.states, *self.operands]


@dataclass(frozen=True)
class Replay:
    """Runs a cell's step.

    Args:
        cell: of the `project`/`step` protocol, `seqvision.cells.protocol.Cell`.
        weights: the variables whose values a run is given.
        structure: the nest of what `cell.project` returns.
    """

    cell: Any
    weights: list[Any]
    structure: Any
    training: bool

    def __call__(
        self,
        parts: list[Any],
        states: list[Any],
        values: list[Any],
        primitives: list[Any] | None = None,
        results: list[list[Any]] | None = None,
    ) -> Ran:
        """Run one step, or all at once, `(steps · batch, size)`, if the results are known.

        Args:
            parts: the projected input, flat.
            values: of the weights.
            primitives: used in place of those that the step makes.
            results: the primitives' results, if they are known.
        """
        ran = Ran()

        def answer(primitive: Any, operand: Any) -> list[Any]:
            k = len(ran.operands)
            if results is None:
                answers, others = (primitives[k] if primitives else primitive).forward(operand)
                ran.others.append(others)
            else:
                answers = results[k]
            ran.primitives.append(primitive)
            ran.operands.append(operand)
            ran.results.append(answers)
            return answers

        mapping = list(zip(self.weights, values, strict=True))
        precision = AutocastScope(self.cell.compute_dtype)
        with keras.StatelessScope(state_mapping=mapping), precision, taken_over(answer):
            projected = tree.pack_sequence_as(self.structure, parts)
            ran.output, ran.states = self.cell.step(projected, states, self.training)
        return ran
