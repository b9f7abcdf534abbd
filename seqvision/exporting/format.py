"""What a format of exported models is: the base class of the files in `formats/`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from seqvision.extras import check_installed

if TYPE_CHECKING:
    import numpy as np

    from seqvision.exporting.graph import Graph

INPUT = "images"
SERIES = "series"
"""The names of the input in every format."""

Run = Callable[["dict[str, np.ndarray]"], "Mapping[str, np.ndarray]"]
"""From what a file takes to what it answers, each by name."""

Answer = Callable[["np.ndarray"], "np.ndarray"]
"""From float32 images `(batch, *input_shape)` to what the file answers, `(batch, classes)`."""


class Format(ABC):
    """How a model is written in a format, and read again by the format's own runtime.

    A subclass says in its card, to `FORMATS.register`:
        ending: of its files, such as `.onnx`; empty for a folder.
        runtime: what reads it, in words.
        packages: by module, what must be installed, besides seqvision itself.
        extra: the extra that installs them, if any.
        weights: what weights can be stored as, besides float32.
        steps: `fixed` if series must have one number of steps; left out where they need not.
        loop: what a loop over time may have: `any` batch, a `fixed` one, or an `open` one, which is
            not fixed. Graphs without a loop may have any.
        unrolls: whether Keras's own loops are unrolled, up to as many steps as the engine's.
        instead: what to do for a model that has a loop, where `loop` is not enough.
    """

    card: ClassVar[dict[str, Any]]

    @abstractmethod
    def write(self, graph: "Graph", path: Path, weights: str) -> dict[str, Any]:
        """Write a graph; return what the sidecar should say of the file's own version.

        Args:
            path: of the file or folder. Others, beside it, may have its stem and another ending.
            weights: `float32` or one of the card's.
        """

    @abstractmethod
    def run(self, path: Path, threads: int | None = None) -> Run:
        """Load a file into the format's runtime, on the CPU and in float32. It needs no Keras.

        Args:
            threads: how many one call may use; None leaves it to the runtime.
        """

    def read(self, path: Path, threads: int | None = None, name: str = INPUT) -> Answer:
        """Load a file that takes samples, by the name of its input: `INPUT` or `SERIES`."""
        run = self.run(path, threads)

        def answer(samples: "np.ndarray") -> "np.ndarray":
            (result,) = run({name: samples}).values()
            return result

        return answer

    @classmethod
    def check_installed(cls, name: str) -> None:
        """Check that what the format needs is installed.

        Raises:
            SeqvisionError: it is not; with the line that installs it.
        """
        check_installed(
            f"export to {name}", cls.card.get("packages", ()), cls.card.get("extra", "")
        )
