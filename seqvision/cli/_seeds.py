"""Seeds, as they are given to a command."""

from seqvision.errors import SeqvisionError


def seeds_of(text: str) -> list[int]:
    """`0-4` or `0,3,7` as numbers.

    Raises:
        SeqvisionError: it is neither.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise SeqvisionError(f"--seeds {text}: expected numbers such as 0-4 or 0,3,7")
        if (dash and int(last) < int(first)) or int(last or first) - int(first) > 10_000:
            raise SeqvisionError(f"--seeds {text}: {part.strip()} is not a range of seeds")
        seeds += range(int(first), int(last or first) + 1)
    if max(seeds) >= 2**31:
        raise SeqvisionError(f"--seeds {text}: a seed is below 2,147,483,648")
    return list(dict.fromkeys(seeds))
