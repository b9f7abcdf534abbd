"""Windows along frequency: what they cover, and which are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqvision.cells.frequency import frequency_windows
from seqvision.errors import SeqvisionError


@given(st.integers(1, 60), st.integers(1, 12))
def test_even_windows_cover_any_number_of_features(features, blocks):
    windows = frequency_windows(features, blocks)
    assert len(windows) == blocks
    assert {end - start for start, end in windows} == {-(-features // blocks)}
    assert {k for window in windows for k in range(*window)} == set(range(features))
    assert windows == sorted(windows)


def test_windows_are_where_they_were_asked_for():
    assert frequency_windows(28, 4) == [(0, 7), (7, 14), (14, 21), (21, 28)]
    assert frequency_windows(10, 3, 4, 3) == [(0, 4), (3, 7), (6, 10)]
    assert frequency_windows(10, 3, None, 2) == [(0, 6), (2, 8), (4, 10)]
    assert frequency_windows(10, 3, 6) == [(0, 6), (2, 8), (4, 10)]
    assert frequency_windows(10, 2, 2, 3, (3, 9)) == [(3, 5), (6, 8)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((10, 4, 4, 3), "feature_size=4 and frequency_skip=3, 10 features make 3 blocks, not 4"),
        ((10, 2, 4, 3), "10 features make 3 blocks, not 2"),
        ((10, 4, None, 5), "10 features make 2 blocks, not 4"),
        ((10, 2, 12, 3), "10 features make 0 blocks, not 2"),
        ((10, 4, 2), "feature_size: 4 windows of 2 .* a size from 3 to 10"),
        ((10, 1, 11), "a size from 10 to 10"),
        ((10, 2, None, None, (4, 12)), r"\[4, 12\] is no \[first, one after the last\] of 10"),
        ((10, 2, None, None, (4, 4)), r"\[4, 4\] is no"),
        ((10, 2, None, None, (4,)), r"\[4\] is no"),
    ],
)
def test_windows_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(SeqvisionError, match=message):
        frequency_windows(*arguments)
