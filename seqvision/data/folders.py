"""Which files under a folder are of one kind, such as pictures, and what is passed over."""

from collections.abc import Callable
from pathlib import Path

from seqvision.data.left_behind import left_behind
from seqvision.data.notes import Notes, some
from seqvision.errors import DataError


class Survey:
    """Looks through folders and counts what it finds.

    Args:
        root: the folder that the paths in its lists are relative to.
        what: the files that it looks for, in the plural: `pictures`.
        is_one: whether a file is one of these.
    """

    def __init__(self, root: Path, what: str, is_one: Callable[[Path], bool]):
        self.root = root
        self.what = what
        self._is_one = is_one
        self.read = 0
        """How many files are read."""
        self.deep = 0
        """How many of these lie in folders within a class's folder."""
        self.loose: list[str] = []
        """Files to read that lie outside the classes' folders."""
        self.others: list[str] = []
        """Files of another kind."""
        self.system: list[str] = []
        """Files that operating systems and tools have left."""

    def folders(self, folder: Path) -> list[Path]:
        """The folders in a folder, by name; its files are passed over."""
        found = []
        for path in self._inside(folder):
            if path.is_dir():
                found.append(path)
            else:
                self._pass_over(path)
        return found

    def files(self, folder: Path) -> list[Path]:
        """The files to read in a folder and the folders in it, by path."""
        found = []
        for path in self._files(folder):
            if self._is_one(path):
                found.append(path)
            else:
                self.others.append(self._relative(path))
        self.read += len(found)
        self.deep += sum(path.parent != folder for path in found)
        return found

    def pass_over(self, folder: Path) -> None:
        """Count the files of a folder that is not read."""
        for path in self._files(folder):
            self._pass_over(path)

    def say(self, notes: Notes) -> None:
        """Note in one line how many files are read, and what is passed over."""
        kinds = {
            "in no folder of a class": self.loose,
            f"not {self.what}": self.others,
            "left by the system": self.system,
        }
        said = [f"{len(paths):,} {what} ({some(paths)})" for what, paths in kinds.items() if paths]
        line = f"{self.what} read: {self.read:,}"
        if self.deep:
            line += f", {self.deep:,} of them in folders within a class's"
        if said:
            line += f"; passed over: {', '.join(said)}"
        (notes.warning if self.loose else notes.info)(line)

    def _inside(self, folder: Path) -> list[Path]:
        try:
            paths = sorted(folder.iterdir())
        except OSError as error:
            raise DataError(f"{folder}: cannot be read: {error.strerror}") from None
        self.system += [self._relative(path) for path in paths if left_behind(path.name)]
        return [path for path in paths if not left_behind(path.name)]

    def _files(self, folder: Path, above: frozenset[Path] = frozenset()) -> list[Path]:
        """All files under a folder; a link to a folder above it is not followed."""
        real = folder.resolve()
        above = above or frozenset(real.parents)
        if real in above:
            return []
        files = []
        for path in self._inside(folder):
            files += self._files(path, above | {real}) if path.is_dir() else [path]
        return files

    def _pass_over(self, path: Path) -> None:
        (self.loose if self._is_one(path) else self.others).append(self._relative(path))

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()
