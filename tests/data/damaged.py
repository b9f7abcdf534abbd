"""Damaged variants of a file, for tests that whatever reads it refuses it in one message."""

import random
from collections.abc import Iterator

_VALUES = (
    *(b"", b"?", b"nan", b"inf", b"-inf", b"1e999", b"-1", b"0", b"1_000", b"0x1F", b"abc"),
    *(b"9" * 20, b"99999999999", b"9" * 400, b'"', b"'", b"\xc2\xb2", b"None", b"1.2.3", b"()"),
)
_JUNK = (
    *(b"\0", b"\0" * 64, b"\xff\xfe", b"\xef\xbb\xbf", b"\xe9", b"\r", b"\n\n", b"\n#", b"\n%"),
    *(b"\n@", b"((", b")", b"'", b'"', b"{", b"\\n", b"\\", b"@data\n", b"\x1f\x8b"),
)
_SEPARATORS = b",;:\t |"


def damaged(content: bytes, count: int = 200, seed: int = 0) -> Iterator[bytes]:
    """Variants of a file's content, each damaged in one to three places.

    The same for the same seed. It is cut short, bytes are flipped, added or lost, lines are
    deleted, doubled or exchanged, separators become others, numbers become huge or no numbers.

    Args:
        content: of a sound file, text or not.
    """
    chance = random.Random(seed)
    for _ in range(count):
        variant = content
        for _ in range(chance.randint(1, 3)):
            variant = chance.choice(_DAMAGES)(variant or b"x", chance)
        yield variant


def _cut_short(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def _flip(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _add(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + chance.choice(_JUNK) + content[at:]


def _lose(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + content[at + chance.choice((1, 2, 8, 64, 512)) :]


def _repeat(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    end = at + chance.choice((1, 8, 64, 512))
    return content[:end] + content[at:end] * chance.choice((1, 1, 20)) + content[end:]


def _delete_a_line(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    del lines[chance.randrange(len(lines))]
    return b"".join(lines)


def _double_a_line(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
    return b"".join(lines)


def _exchange_lines(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"".join(lines)


def _other_separators(content: bytes, chance: random.Random) -> bytes:
    """A separator becomes another: one of them, those of a line, or all."""
    old, new = chance.sample(_SEPARATORS, 2)
    there = [at for at, byte in enumerate(content) if byte == old]
    if not there:
        return content
    start, end = 0, len(content)
    reach = chance.randrange(3)
    if reach < 2:
        at = chance.choice(there)
        start = at if reach == 0 else content.rfind(b"\n", 0, at) + 1
        end = at + 1 if reach == 0 else (content + b"\n").index(b"\n", at)
    changed = content[start:end].replace(bytes([old]), bytes([new]))
    return content[:start] + changed + content[end:]


def _other_value(content: bytes, chance: random.Random) -> bytes:
    """A number or a word becomes a value that no one expects there."""
    at = end = chance.randrange(len(content))
    while at > 0 and (content[at - 1 : at].isalnum() or content[at - 1] in b".-_"):
        at -= 1
    while end < len(content) and (content[end : end + 1].isalnum() or content[end] in b".-_"):
        end += 1
    return content[:at] + chance.choice(_VALUES) + content[end:]


_DAMAGES = (
    *(_cut_short, _flip, _add, _lose, _repeat, _delete_a_line, _double_a_line, _exchange_lines),
    *(_other_separators, _other_value, _other_value),
)
