"""Finds the files of each class, in folders named after them, of training and test samples."""

from pathlib import Path

from seqvision.data.folders import Survey
from seqvision.data.part_names import PART_NAMES
from seqvision.errors import DataError

Files = dict[str, dict[str, list[Path]]]
"""The files of each class of each part: of `training`, and `test` and `validation`."""


def class_folders(folder: Path, survey: Survey) -> Files:
    """The files of each part: `train/<class>/…` and `test/<class>/…`, or `<class>/…` alone.

    Where there is no `test`, all are of training. Each training class has one at least.

    Args:
        survey: tells which files count, and keeps which are passed over.

    Raises:
        DataError: a folder is missing, holds no such files, or there are two for one part.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: is no folder")
    folders = survey.folders(folder)
    parts: dict[str, Path] = {}
    for each in folders:
        if part := PART_NAMES.get(each.name.lower()):
            if part in parts:
                raise DataError(
                    f"{folder}: {parts[part].name}/ and {each.name}/ are two for one part; keep one"
                )
            parts[part] = each
    # Classes may be called valid and invalid.
    if not {"training", "test"} & set(parts):
        return {"training": _of_classes(folder, folders, survey, all_needed=True)}
    for part, name in (("training", "train"), ("test", "test")):
        if part not in parts:
            raise DataError(f"{folder}: lacks the folder {name}/")
    for each in folders:
        if each not in parts.values():
            survey.pass_over(each)
    files = {
        part: _of_classes(each, survey.folders(each), survey, all_needed=part == "training")
        for part, each in parts.items()
    }
    for part, classes in files.items():
        if unknown := [name for name in classes if name not in files["training"] and classes[name]]:
            raise DataError(f"{parts[part]}: class {unknown[0]!r} has no training {survey.what}")
        if not any(classes.values()):
            raise DataError(f"{parts[part]}: holds no {survey.what}")
    return files


def _of_classes(
    folder: Path, classes: list[Path], survey: Survey, *, all_needed: bool
) -> dict[str, list[Path]]:
    if not classes:
        raise DataError(f"{folder}: expected a folder of {survey.what} for each class, found none")
    found = {each.name: survey.files(each) for each in classes}
    if all_needed and (empty := [each for each in classes if not found[each.name]]):
        raise DataError(f"{empty[0]}: holds no {survey.what}")
    return found
