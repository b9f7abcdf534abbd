"""Numbers as people read them, the same in tables, progress, charts and reports.

What programs read, such as JSON and CSV, holds every digit instead.
"""

from collections.abc import Iterable, Sequence

NONE = "–"
"""What is shown where there is no value."""


def count(value: float) -> str:
    """A whole number: `55,000`."""
    return f"{value:,.0f}"


def counted(value: float, word: str) -> str:
    """A number of things: `1 run`, `1,200 runs`, `10 classes`."""
    ending = "" if value == 1 else "es" if word.endswith("s") else "s"
    return f"{count(value)} {word}{ending}"


def number(value: float) -> str:
    """Four significant digits, or all before the point: `0.1235`, `12.35`, `15,298`."""
    return f"{value:.4g}" if abs(value) < 999.95 else count(value)


def rate(value: float) -> str:
    """Images a second and the like, three significant digits or whole: `8.23`, `247`, `15,298`."""
    return f"{value:.3g}" if value < 99.95 else count(value)


def short(value: float) -> str:
    """Three significant digits with the unit's prefix: `622k`, `34.5M`."""
    return "".join(_scaled(value))


def size(octets: float) -> str:
    """The size of a file: `622 kB`, `34.5 MB`."""
    amount, prefix = _scaled(octets)
    return f"{amount} {prefix}B"


def percent(share: float) -> str:
    """A share from 0 to 1: `2.61%`."""
    return f"{share:.2%}"


def points(difference: float) -> str:
    """A difference of shares, in percentage points with its sign: `+0.25`."""
    return f"{100 * difference:+.2f}"


def mean_rank(mean: float) -> str:
    """A mean rank, or a difference of two: `1.96`, `2.00`."""
    return f"{mean:.2f}"


def p_value(p: float) -> str:
    """A p-value: `0.031`, `< 0.001`."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def duration(seconds: float) -> str:
    """Two significant digits: `4.2 s`, `42 s`, `1.7 min`, `2.5 h`, `5 days`."""
    amount, unit = seconds, "s"
    for larger, length in {"min": 60, "h": 3600, "days": 86_400}.items():
        if amount >= 99.5:
            amount, unit = seconds / length, larger
    return f"{amount:.2g} {unit}" if amount < 99.5 else f"{count(amount)} {unit}"


def ranges(numbers: Iterable[int]) -> str:
    """Whole numbers: `0-2`, or `0,3,7` where they do not follow each other."""
    several = sorted(numbers)
    if len(several) > 1 and several == list(range(several[0], several[-1] + 1)):
        return f"{several[0]}-{several[-1]}"
    return ",".join(map(str, several))


def _scaled(value: float) -> tuple[str, str]:
    amount, prefix = value, ""
    for larger, times in {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}.items():
        if abs(amount) >= 999.5:
            amount, prefix = value / times, larger
    return f"{amount:.3g}", prefix


def samples_of(shape: Sequence[int | None]) -> str:
    """What samples of a shape are: `images of 28×28`, `series of 12 features`."""
    if None in shape:
        return f"series of {counted(shape[-1] or 0, 'feature')}"
    return f"images of {'×'.join(map(str, shape))}"
