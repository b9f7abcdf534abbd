"""Archives of series: lengths, groups, and what is refused before room is made for it."""

import io
import zipfile

import numpy as np
import pytest
from damaged import damaged

from seqvision.data import load
from seqvision.errors import DataError

NAN = np.nan
GENERATOR = np.random.default_rng(0)
LENGTHS = GENERATOR.integers(1, 6, 20)
PADDED = GENERATOR.normal(size=(20, 6, 2)).astype(np.float32)
PADDED[np.arange(6) >= LENGTHS[:, None]] = NAN
LONGEST = LENGTHS.argmax()
LABELS = np.arange(20) % 2


@pytest.fixture
def series(npz):
    def load_series(**arrays):
        return npz({"kind": "series"}, **{"x": PADDED, "y": LABELS, **arrays})

    return load_series


def filled(value):
    """The same series, padded otherwise."""
    return np.where(np.isnan(PADDED), value, PADDED)


LAST = np.array([one[[length - 1]] for one, length in zip(PADDED, LENGTHS, strict=True)])


@pytest.mark.parametrize("padding", [0, -1, [3, NAN], LAST], ids=["0", "-1", "by feature", "last"])
def test_padding_of_any_value_is_cut_at_the_lengths(series, padding):
    assert series(x=filled(padding), lengths=LENGTHS).checksum == series().checksum


def test_steps_beyond_a_length_are_no_padding(series):
    """One length too short, by a step: it would be lost without a word."""
    wrong = LENGTHS - (np.arange(20) == LONGEST)
    with pytest.raises(DataError, match=f"x: series {LONGEST + 1} has the length 4, and step 5"):
        series(x=filled(0), lengths=wrong)
    with pytest.raises(DataError, match="which is no padding: expected NaN"):
        series(lengths=wrong)
    with pytest.raises(DataError, match="which is no padding: expected NaN"):
        series(x=filled(0), lengths=LENGTHS[::-1])


def test_lengths_beyond_what_was_observed_are_said(series, caplog):
    longer = np.where(np.arange(20) < 3, LENGTHS + 1, LENGTHS)
    assert series(lengths=longer).checksum == series().checksum
    assert "in 3 of 20 series nothing is observed in the last step of its length" in caplog.text


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"lengths": LENGTHS[:19]}, "20 series, but lengths of (19,) (int64)"),
        ({"lengths": LENGTHS + 0.5}, "but lengths of (20,) (float64); expected a whole number"),
        ({"lengths": LENGTHS * 0}, "series 1 has the length 0, and there are 6 steps"),
        ({"lengths": LENGTHS + 6}, "and there are 6 steps"),
        ({"groups": LABELS[:3]}, "20 samples, but groups of (3,)"),
        ({"groups": np.zeros((20, 2))}, "20 samples, but groups of (20, 2)"),
        ({"x": PADDED.astype(str)}, "expected series (n, steps, features) of numbers, got <U"),
        ({"x": PADDED[0, 0]}, "got float32 of (2,)"),
        ({"x": PADDED[:, :0]}, "got float32 of (20, 0, 2)"),
        (
            {"x": np.where(np.arange(20)[:, None, None] == 4, NAN, PADDED)},
            "(row 5 of x) has no obs",
        ),
        ({"x": np.where(np.arange(6)[:, None] == 0, np.inf, PADDED)}, "(row 1 of x) holds an inf"),
        ({"y": LABELS + 0.5}, "labels must be whole numbers"),
        ({"y": np.where(LABELS, "a", "")}, "a label is an empty text"),
        ({"x": np.array([*PADDED, None], object)[:20]}, "array 'x' holds pickled objects"),
        ({"y": LABELS.astype(object)}, "or texts as `y.astype(str)`"),
        ({"groups": LABELS.astype(object)}, "array 'groups' holds pickled objects"),
    ],
)
def test_a_mistake_is_told(series, arrays, message):
    with pytest.raises(DataError) as error:
        series(**arrays)
    assert message in str(error.value) and "mine.npz" in str(error.value)


def test_groups_of_one_part_alone_are_said(npz, caplog):
    arrays = {"x_train": PADDED, "y_train": LABELS, "x_test": PADDED, "y_test": LABELS}
    dataset = npz({"kind": "series"}, **arrays, groups_train=LABELS)
    assert dataset.train.groups is None
    assert "groups are not used, as test samples have none" in caplog.text


def test_a_test_part_of_other_channels(npz):
    arrays = {"x_train": PADDED, "y_train": LABELS, "x_test": PADDED[:, :, :1], "y_test": LABELS}
    with pytest.raises(DataError, match="training series have 2 features, test series 1"):
        npz({"kind": "series"}, **arrays)


def header(shape, dtype="<f4"):
    file = io.BytesIO()
    fields = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, fields)
    return file.getvalue()


@pytest.mark.parametrize("shape", [(10**9, 6, 2), (20, 6, 3), (20, 6), (-20, 6, 2)])
def test_a_header_that_lies_makes_no_room(tmp_path, monkeypatch, shape):
    path = tmp_path / "mine.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", header(shape) + PADDED.tobytes())
        archive.writestr("y.npy", header((20,), "<i8") + LABELS.tobytes())
    monkeypatch.setattr(np, "ndarray", None)  # With which NumPy's reader makes room.
    with pytest.raises(DataError, match=r"the header of array 'x' says .* bytes; it holds 960"):
        load({"name": "npz", "path": str(path), "kind": "series"})


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_damaged_archives_are_read_or_told(tmp_path, save):
    path = tmp_path / "mine.npz"
    save(path, x=filled(0), y=LABELS, lengths=LENGTHS, groups=LABELS.astype(str))
    for variant in damaged(path.read_bytes()):
        path.write_bytes(variant)
        try:
            load({"name": "npz", "path": str(path), "kind": "series"})
        except DataError as error:
            assert "mine.npz" in str(error) and "\n" not in str(error)
