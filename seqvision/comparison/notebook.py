"""A comparison as a notebook shows it."""

from html import escape

import pandas as pd

from seqvision.comparison.readable import Part, readable


class Comparison(pd.DataFrame):
    """What `compare` returns: a DataFrame, which a notebook shows as the command does.

    Whatever is made of it, such as some of its rows, is a plain DataFrame.
    """

    def _repr_html_(self) -> str | None:
        try:
            return html_of(readable(self), self.attrs["caption"])
        except KeyError:  # It has been changed since, and lacks a column.
            return pd.DataFrame(self)._repr_html_()


def html_of(parts: list[Part], caption: list[str]) -> str:
    """Each table under its title, its notes, and the caption below."""
    texts = []
    with pd.option_context("display.max_colwidth", None):
        for part in parts:
            table = part.table.to_html(index=False, border=0, justify="left")
            texts += [f"<b>{escape(part.title)}</b>", table, *map(_paragraph, part.notes)]
    return "\n".join([*texts, *map(_paragraph, caption)])


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"
