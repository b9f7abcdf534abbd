"""Reads what was found, in threads ahead of the model, and hands it over in batches."""

import queue
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import groupby, islice

import numpy as np

from seqvision.cores import available_cores
from seqvision.data.notes import Notes
from seqvision.errors import DataError, SeqvisionError
from seqvision.prediction.held import Held
from seqvision.prediction.image_files import ImageFile, class_names_of
from seqvision.prediction.preparation import Preparation
from seqvision.prediction.series_files import SeriesFile
from seqvision.prediction.series_preparation import SeriesPreparation
from seqvision.prediction.sources import (
    Found,
    Missing,
    SampleFile,
    Stdin,
    lines,
    of_line,
    reason,
    shown,
)

_TASK = 25
"""Files that a thread reads in a row; small ones are read in less time than it takes to ask."""


@dataclass(frozen=True)
class Sample:
    """One sample to be answered, or the reason why there is none.

    Attributes:
        name: the file it is in, and of several samples its number or id: `images.npz[3]`.
        values: as the model reads it, an image `shape` or a series `(steps, features)`.
        label: the name of its class, if it has one.
    """

    name: str
    values: np.ndarray | None = None
    error: str | None = None
    label: str | None = None


@dataclass
class Reader:
    """Reads samples.

    Args:
        prepare: makes samples as the model reads them.
        class_names: those of the model, if samples have labels.
        labels: whether samples have labels: the folder of a file, the labels in it.

    Attributes:
        remarks: how many pictures each of `read_picture`'s remarks applies to, so far.
        said: what was noted of files of several samples, so far.
    """

    prepare: Preparation | SeriesPreparation
    class_names: tuple[str, ...] | None = None
    labels: bool = False
    remarks: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)

    def batches(self, found: Iterable[Found], size: int) -> Iterator[list[Sample]]:
        """Samples in their order, `size` at once; those from stdin as soon as they are there.

        An empty batch says that others may not come for a while.

        Raises:
            SeqvisionError: the model reads no such files, or a label is no class of it.
        """
        held: list[Sample] = []
        with ThreadPoolExecutor(available_cores()) as pool:
            try:
                for sample in self._samples(found, pool, ahead=2 * size + _TASK):
                    if sample is not None:
                        held.append(sample)
                    if held and (sample is None or len(held) == size):
                        yield held
                        held = []
                    if sample is None:
                        yield []
                if held:
                    yield held
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _samples(
        self, found: Iterable[Found], pool: ThreadPoolExecutor, ahead: int
    ) -> Iterator[Sample | None]:
        """Samples, and None where those so far should be answered without waiting for more."""
        for kind, each in groupby(found, type):
            if kind is SampleFile:
                yield from self._single(each, pool, ahead)  # type: ignore[arg-type]
                continue
            for source in each:
                if isinstance(source, (ImageFile, SeriesFile)):
                    yield from self._several(source)
                elif isinstance(source, Missing):
                    yield Sample(shown(source.name), error=source.error)
                elif isinstance(source, Stdin):
                    for some in _as_they_come(lines(), ahead):
                        inner = (one for line in some for one in of_line(line, self.prepare.kind))
                        yield from self._samples(inner, pool, ahead)
                        yield None

    def _single(
        self, files: Iterable[SampleFile], pool: ThreadPoolExecutor, ahead: int
    ) -> Iterator[Sample]:
        self.prepare.check()
        files = iter(files)
        tasks: deque[Future[list[tuple[Sample, set[str]]]]] = deque()
        while True:
            while len(tasks) * _TASK < ahead and (some := list(islice(files, _TASK))):
                tasks.append(pool.submit(self._read, some))
            if not tasks:
                return
            for sample, remarks in tasks.popleft().result():
                self.remarks.update(remarks)
                yield sample

    def _read(self, files: list[SampleFile]) -> list[tuple[Sample, set[str]]]:
        return [self._read_one(file) for file in files]

    def _read_one(self, file: SampleFile) -> tuple[Sample, set[str]]:
        name = shown(file.path)
        label = self.label(file) if self.labels else None
        try:
            values, remarks = self.prepare.single(file.path)
        except DataError as error:
            return Sample(name, error=reason(str(error), str(file.path)), label=label), set()
        except Exception as error:  # Pillow's readers have many for a damaged file.
            said = f"cannot be read as {self.prepare.one}: {type(error).__name__}: {error}"
            return Sample(name, error=said, label=label), set()
        return Sample(name, values, label=label), remarks

    def label(self, file: SampleFile) -> str:
        """The class whose name is that of the innermost folder that is called as a class is.

        Raises:
            SeqvisionError: none is.
        """
        found = self._class_of(file)
        if found is None:
            name = shown(file.folders[0] if file.folders else "")
            raise SeqvisionError(
                f"{shown(file.path)}: its folder {name!r} is no class of the model, which are: "
                f"{', '.join(self.class_names or ())}"
            )
        return found

    def _class_of(self, file: SampleFile | SeriesFile) -> str | None:
        return next((name for name in file.folders if name in (self.class_names or ())), None)

    def _several(self, file: ImageFile | SeriesFile) -> Iterator[Sample]:
        name = shown(file.path)
        notes = Notes(name)
        notes.sentences = self.said  # What was said of one file is not said of the next.
        try:
            held = self.prepare.several(file, notes)  # type: ignore[arg-type]
        except DataError as error:
            yield Sample(name, error=reason(str(error), str(file.path)))
            return
        own = self._class_of(file) if isinstance(file, SeriesFile) else None
        if self.labels and held.labels is None and own:
            held = replace(held, labels=np.full(len(held.samples), own))
        yield from self.held(held, name)

    def held(self, held: Held, name: str) -> Iterator[Sample]:
        """The samples of a file or an array, each called `name[i]`, or by its own name."""
        labels: list[str] | None = None
        if self.labels:
            if held.labels is None:
                raise SeqvisionError(f"{name}: holds no labels beside its {self.prepare.what}")
            labels = class_names_of(held.labels, self.class_names or (), name)
            known = self.class_names or ()
            if unknown := sorted(set(labels) - set(known)):
                raise SeqvisionError(
                    f"{name}: labels {', '.join(map(repr, unknown[:3]))} are no classes of the "
                    f"model, which are: {', '.join(known)}"
                )
        for i, values in enumerate(held.samples):
            called = f"{name}[{i if held.names is None else held.names[i]}]"
            label = labels[i] if labels else None
            error = held.errors.get(i)
            yield Sample(called, None if error else values, error, label)


def _as_they_come(given: Iterable[bytes], most: int) -> Iterator[list[bytes]]:
    """The lines that are there, at most so many; waits for one if there is none."""
    waiting: queue.Queue[bytes | None] = queue.Queue(maxsize=4 * most)

    def read() -> None:
        try:
            for line in given:
                waiting.put(line)
        finally:
            waiting.put(None)

    # It may wait for a line for ever, so that the process must not wait for it.
    threading.Thread(target=read, daemon=True).start()
    while True:
        some = [waiting.get()]
        while some[-1] is not None and len(some) < most and not waiting.empty():
            some.append(waiting.get())
        ended = some[-1] is None
        if lines_there := [line for line in some if line is not None]:
            yield lines_there
        if ended:
            return
