"""Files of events hold what TensorBoard's own writer would have written."""

import io

from tensorboard.summary.writer.record_writer import RecordWriter

from seqvision.runs.event_file import EventFile, records


def test_records_are_those_of_tensorboard():
    """Of several lengths, in their order, bytes above 127 and one without any among them."""
    given = [b"one", b"two", bytes(range(256)), b"", b"six", b"\xff\x00\x80", b"seven"]
    expected = io.BytesIO()
    for data in given:
        RecordWriter(expected).write(data)
    assert b"".join(records(given)) == expected.getvalue()


def test_what_was_added_is_in_the_file_once(tmp_path):
    file = EventFile(tmp_path / "tensorboard")
    file.flush()
    (path,) = (tmp_path / "tensorboard").iterdir()
    begun = path.read_bytes()
    assert "tfevents" in path.name and b"brain.Event:2" in begun
    file.flush()
    file.close()
    assert path.read_bytes() == begun
