"""People read the same number in the same way everywhere, and never `1e+03k`."""

import re
from pathlib import Path

import pytest

from seqvision import formatting as say


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.042, "0.042 s"),
        (4.23, "4.2 s"),
        (9.96, "10 s"),
        (42.4, "42 s"),
        (99.4, "99 s"),
        (99.6, "1.7 min"),
        (180, "3 min"),
        (5969, "99 min"),
        (5971, "1.7 h"),
        (9000, "2.5 h"),
        (357_000, "99 h"),
        (432_000, "5 days"),
        (10_000_000, "116 days"),
    ],
)
def test_durations(seconds, words):
    assert say.duration(seconds) == words


def test_counts_and_sizes():
    assert [say.short(n) for n in (7, 999, 999.6, 1000, 62_040, 999_600, 34_544_800, 2e9)] == [
        *("7", "999", "1k", "1k", "62k", "1M", "34.5M", "2G")
    ]
    assert [say.size(n) for n in (12, 9_876, 1_234_567)] == ["12 B", "9.88 kB", "1.23 MB"]
    assert [say.count(n) for n in (0, 999.6, 55_000)] == ["0", "1,000", "55,000"]
    assert [say.counted(n, "run") for n in (0, 1, 1200)] == ["0 runs", "1 run", "1,200 runs"]
    assert say.counted(10, "class") == "10 classes"


def test_shares_differences_and_other_numbers():
    assert (say.percent(0.02613), say.percent(1)) == ("2.61%", "100.00%")
    assert (say.points(0.0025), say.points(-0.1)) == ("+0.25", "-10.00")
    assert [say.p_value(p) for p in (1.0, 0.0314, 0.00099)] == ["1.000", "0.031", "< 0.001"]
    assert [say.mean_rank(r) for r in (2, 1.9643, 12.5)] == ["2.00", "1.96", "12.50"]
    values = (0.123456, 12.3456, 512.34, 999.96, 15298.4, 0)
    assert [say.number(v) for v in values] == ["0.1235", "12.35", "512.3", "1,000", "15,298", "0"]
    assert [say.rate(v) for v in (8.2345, 99.96, 247.4, 15298)] == ["8.23", "100", "247", "15,298"]


def test_no_file_that_people_read_has_a_format_of_its_own():
    """`{share:.2%}` or `{seconds:.0f} s` beside `formatting.py` would drift from it."""
    own = re.compile(r":[+,]?\.\d+[%f]\}|:,(?:\.0f)?\}|\"\{:[^}]*\}\"\.format")
    allowed = {"importance.py": 1, "bench.py": 2}  # A whole percentage, and ratios, are alone.
    root = Path(say.__file__).parent
    for folder in ("cli", "compare", "sweep"):
        for file in [*(root / folder).rglob("*.py"), *(root / folder).rglob("*.j2")]:
            found = own.findall(file.read_text(encoding="utf-8"))
            assert len(found) <= allowed.get(file.name, 0), f"{file}: {found}"
