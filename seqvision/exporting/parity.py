"""Whether an exported file answers what Keras does."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqvision.data.series import Series
from seqvision.errors import SeqvisionError
from seqvision.exporting.format import Answer

BATCHES = (1, 2, 7)
"""The sizes of the batches that are compared, one after another."""

TOLERANCES = {"float32": 1e-5, "float16": 1e-2}
"""How far an answer may be from Keras's: absolutely, or as a share of the image's largest logit."""

AGREEMENT = 0.9
"""With int8 weights, the share of images whose class must be the one that Keras says."""


class Differs(SeqvisionError):
    """An exported file that does not answer what Keras does."""


@dataclass(frozen=True)
class Compared:
    """Samples, what they are, and what Keras says of them.

    They are images `(n, *input_shape)` or series. What is said is `(n, classes)`, or after each
    step `(n, steps, classes)`. `steps` is what series are padded to; None for the longest of each
    batch.
    """

    samples: np.ndarray | Series
    said: str
    expected: np.ndarray
    steps: int | None = None


def answers(
    answer: Answer,
    samples: np.ndarray | Series,
    batch: int | None,
    steps: int | None = None,
    size: int = 250,
) -> np.ndarray:
    """A file's answers to samples of any number, of those after each step the last, `(n, classes)`.

    Args:
        batch: the one batch size that the file takes; None for any, which is then `size`.
        steps: what series are padded to; None for the longest of each batch.
    """
    sizes = [size] * (len(samples) // size + 1)
    parts = (part for _, _, part in _parts(answer, samples, batch, steps, sizes))
    return np.concatenate([part[:, -1] if part.ndim == 3 else part for part in parts])


def check_parity(
    answer: Answer,
    sets: Mapping[str, Compared],
    batch: int | None,
    weights: str,
    class_names: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Compare a file's answers with Keras's; return what was compared and the largest difference.

    Args:
        sets: samples of each kind, such as `random` and `real`.
        batch: the one batch size that the file takes; None for any: then batches of 1, 2 and 7
            follow one another.
        weights: what the file's weights are stored as.

    Raises:
        Differs: they differ by more than rounding; it says where.
    """
    said: dict[str, Any] = {"batches": [batch] if batch else list(BATCHES)}
    differences, agree = [0.0], []
    for kind, compared in sets.items():
        samples = compared.samples
        said[kind] = f"{len(samples)} of {compared.said}"
        one = "series" if isinstance(samples, Series) else "image"
        for start, size, got in _parts(answer, samples, batch, compared.steps, BATCHES):
            want = compared.expected[start : start + len(got)]
            if want.ndim == 3:  # After each step, of as many as the longest of the batch has.
                want = want[:, : got.shape[1]]
            if got.shape != want.shape:
                raise Differs(f"answers {got.shape} where Keras answers {want.shape}")
            steps = want.shape[1] if want.ndim == 3 else 1
            got, want = (each.reshape(-1, each.shape[-1]) for each in (got, want))
            difference = np.abs(got.astype("float64") - want)
            differences.append(float(difference.max()))
            agree.extend(got.argmax(1) == want.argmax(1))
            if weights == "int8" and np.isfinite(difference).all():
                continue
            tolerance = TOLERANCES.get(weights, np.inf)
            allowed = tolerance * np.maximum(1, np.abs(want).max(axis=1, keepdims=True))
            wrong = ~(difference <= allowed)  # So, NaN is wrong too.
            if wrong.any():
                row, column = _worst(difference, wrong)
                name = class_names[column] if class_names else str(column)
                step = f", step {row % steps + 1}" if steps > 1 else ""
                raise Differs(
                    f"differs from Keras on {kind} {one} {start + row // steps}{step}, in a batch "
                    f"of {size}: "
                    f"class {name!r} is {got[row, column]:.6g}, with Keras "
                    f"{want[row, column]:.6g}; {difference[row, column]:.1e} apart where "
                    f"{allowed[row, 0]:.1e} is allowed"
                )
    share = float(np.mean(agree))
    if weights == "int8":
        if share < AGREEMENT:
            raise Differs(
                f"says another class than Keras for {1 - share:.0%} of {len(agree)} samples, where "
                f"{1 - AGREEMENT:.0%} are allowed"
            )
        said["bound"] = f"the same class for {AGREEMENT:.0%} of samples"
    else:
        said["bound"] = f"{TOLERANCES[weights]:g} × max(1, the sample's largest logit)"
    return {**said, "largest_difference": max(differences), "same_class": share}


def _worst(difference: np.ndarray, wrong: np.ndarray) -> tuple[int, int]:
    """The row and column of the largest difference that is wrong, or of the first NaN."""
    ranked = np.where(np.isnan(difference), np.inf, np.where(wrong, difference, -1))
    row, column = divmod(int(ranked.argmax()), difference.shape[1])
    return row, column


def _parts(
    answer: Answer,
    samples: np.ndarray | Series,
    batch: int | None,
    steps: int | None,
    sizes: Sequence[int],
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield where each batch begins, its size and the answers to it.

    Batches are of the given sizes, the last of them over and over; or, if the file takes one size
    only, of that, zeros after the last sample, whose answers are left out.
    """
    start, turn = 0, 0
    while start < len(samples):
        size = batch or sizes[min(turn, len(sizes) - 1)]
        taken = samples[start : start + size]
        given = taken.padded(steps) if isinstance(taken, Series) else taken.astype("float32")
        count = len(given)
        if batch and count < batch:
            given = np.concatenate([given, np.zeros((batch - count, *given.shape[1:]), "float32")])
        yield start, size, np.asarray(answer(given))[:count]
        start, turn = start + count, turn + 1
