"""What is said of many pictures after they have been read."""

from collections.abc import Mapping

from seqvision.data.notes import Notes


def say_remarks(said: Mapping[str, int], notes: Notes, background: str) -> None:
    """Note to how many pictures each remark of `read_picture` applies.

    Args:
        said: how many, by remark.
        background: the colour that was laid behind transparent parts.
    """
    other = "black" if background == "white" else "white"
    if n := said.get("transparent"):
        notes.info(f"{n:,} transparent: laid on {background} (`background: {other}` is the other)")
    if n := said.get("invisible"):
        notes.warning(
            f"{n:,} transparent: all {background} on {background}; `background: {other}`?"
        )
    if n := said.get("turned"):
        notes.info(f"{n:,} turned upright, as their EXIF says")
    if n := said.get("frames"):
        notes.warning(f"{n:,} of several frames: the first is read")
    for white in sorted(each for each in said if each.startswith("white is")):
        notes.info(f"{said[white]:,} of more than 8 bits: {white}")
