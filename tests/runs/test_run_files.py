"""Files are whole or not there, where others read them too."""

from pathlib import Path

import pytest

from seqvision.runs import files
from seqvision.runs.files import write_json


@pytest.mark.parametrize("readers", [3, 99])
def test_windows_replaces_a_file_when_its_reader_is_done(tmp_path, monkeypatch, readers):
    """There a file that somebody has open, such as `seqvision compare`, cannot be replaced."""
    path, left, replace = tmp_path / "record.json", [readers], Path.replace
    write_json(path, "old")

    def refuse(self, target):
        left[0] -= 1
        if left[0] >= 0:
            raise PermissionError(13, "Access is denied", str(self))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(files.time, "sleep", lambda seconds: None)
    if readers == 3:
        write_json(path, "new")
    else:
        with pytest.raises(PermissionError):
            write_json(path, "new")
    assert path.read_text() == ('"new"\n' if readers == 3 else '"old"\n')
    assert list(tmp_path.iterdir()) == [path]
