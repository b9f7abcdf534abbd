"""Reads what was found, in threads ahead of the model, and hands it over in batches."""

import queue
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby, islice

import numpy as np

from seqvision.cores import available_cores
from seqvision.data.notes import Notes
from seqvision.errors import DataError, SeqvisionError
from seqvision.prediction.image_files import ImageFile, class_names_of
from seqvision.prediction.preparation import Preparation
from seqvision.prediction.sources import (
    Found,
    Missing,
    Picture,
    Stdin,
    lines,
    of_line,
    reason,
    shown,
)

_TASK = 25
"""Pictures that a thread reads in a row; small ones are read in less time than it takes to ask."""


@dataclass(frozen=True)
class Sample:
    """One image to be answered, or the reason why there is none.

    Attributes:
        name: the file it is in, and of several images its number: `images.npz[3]`.
        image: as the model reads it.
        label: the name of its class, if it has one.
    """

    name: str
    image: np.ndarray | None = None
    error: str | None = None
    label: str | None = None


@dataclass
class Reader:
    """Reads samples.

    Args:
        prepare: makes images as the model reads them.
        class_names: those of the model, if samples have labels.
        labels: whether samples have labels: the folder of a picture, the label array of a file.

    Attributes:
        remarks: how many pictures each of `read_picture`'s remarks applies to, so far.
    """

    prepare: Preparation
    class_names: tuple[str, ...] | None = None
    labels: bool = False
    remarks: Counter[str] = field(default_factory=Counter)

    def batches(self, found: Iterable[Found], size: int) -> Iterator[list[Sample]]:
        """Samples in their order, `size` at once; those from stdin as soon as they are there.

        Raises:
            SeqvisionError: the model reads no pictures, or a label is no class of it.
        """
        held: list[Sample] = []
        with ThreadPoolExecutor(available_cores()) as pool:
            try:
                for sample in self._samples(found, pool, ahead=2 * size + _TASK):
                    if sample is not None:
                        held.append(sample)
                    if len(held) == size or (sample is None and held):
                        yield held
                        held = []
                if held:
                    yield held
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _samples(
        self, found: Iterable[Found], pool: ThreadPoolExecutor, ahead: int
    ) -> Iterator[Sample | None]:
        """Samples, and None where those so far should be answered without waiting for more."""
        for kind, each in groupby(found, type):
            if kind is Picture:
                yield from self._pictures(each, pool, ahead)  # type: ignore[arg-type]
                continue
            for source in each:
                if isinstance(source, ImageFile):
                    yield from self._images(source)
                elif isinstance(source, Missing):
                    yield Sample(shown(source.name), error=source.error)
                elif isinstance(source, Stdin):
                    for some in _as_they_come(lines(), ahead):
                        inner = (one for line in some for one in of_line(line))
                        yield from self._samples(inner, pool, ahead)
                        yield None

    def _pictures(
        self, pictures: Iterable[Picture], pool: ThreadPoolExecutor, ahead: int
    ) -> Iterator[Sample]:
        _ = self.prepare.size  # Raises if the model reads no pictures.
        pictures = iter(pictures)
        tasks: deque[Future[list[tuple[Sample, set[str]]]]] = deque()
        while True:
            while len(tasks) * _TASK < ahead and (some := list(islice(pictures, _TASK))):
                tasks.append(pool.submit(self._read, some))
            if not tasks:
                return
            for sample, remarks in tasks.popleft().result():
                self.remarks.update(remarks)
                yield sample

    def _read(self, pictures: list[Picture]) -> list[tuple[Sample, set[str]]]:
        return [self._read_one(picture) for picture in pictures]

    def _read_one(self, picture: Picture) -> tuple[Sample, set[str]]:
        name = shown(picture.path)
        label = self.label(picture) if self.labels else None
        try:
            image, remarks = self.prepare.picture(picture.path)
        except DataError as error:
            return Sample(name, error=reason(str(error), str(picture.path)), label=label), set()
        except Exception as error:  # Pillow's readers have many for a damaged file.
            said = f"cannot be read as a picture: {type(error).__name__}: {error}"
            return Sample(name, error=said, label=label), set()
        return Sample(name, image, label=label), remarks

    def label(self, picture: Picture) -> str:
        """The class whose name is that of the innermost folder that is called as a class is.

        Raises:
            SeqvisionError: none is.
        """
        known = self.class_names or ()
        found = next((name for name in picture.folders if name in known), None)
        if found is None:
            name = shown(picture.folders[0] if picture.folders else "")
            raise SeqvisionError(
                f"{shown(picture.path)}: its folder {name!r} is no class of the model, which are: "
                f"{', '.join(known)}"
            )
        return found

    def _images(self, file: ImageFile) -> Iterator[Sample]:
        name, notes = shown(file.path), Notes(shown(file.path))
        try:
            images, labels = file.read(notes)
            images = self.prepare.arrays(images, str(file.path), notes)
        except DataError as error:
            yield Sample(name, error=reason(str(error), str(file.path)))
            return
        yield from self.array(images, name, labels)

    def array(
        self, images: np.ndarray, name: str, labels: np.ndarray | None = None
    ) -> Iterator[Sample]:
        """Prepared images of an array, each called `name[i]`."""
        names: list[str] | None = None
        if self.labels:
            if labels is None:
                raise SeqvisionError(f"{name}: holds no labels beside its images")
            names = class_names_of(labels, self.class_names or (), name)
            known = self.class_names or ()
            if unknown := sorted(set(names) - set(known)):
                raise SeqvisionError(
                    f"{name}: labels {', '.join(map(repr, unknown[:3]))} are no classes of the "
                    f"model, which are: {', '.join(known)}"
                )
        for i, image in enumerate(images):
            yield Sample(f"{name}[{i}]", image, label=names[i] if names else None)


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
