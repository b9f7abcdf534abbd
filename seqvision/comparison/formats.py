"""A comparison as a file: csv, json and parquet with all columns, md and latex for people."""

import json
from pathlib import Path

import pandas as pd

from seqvision.comparison.readable import Part, readable

SUFFIXES = {
    ".csv": "csv",
    ".json": "json",
    ".md": "md",
    ".tex": "latex",
    ".parquet": "parquet",
}


def parts(comparison: pd.DataFrame) -> list[Part]:
    """Its tables for people."""
    return readable(comparison)


def caption(comparison: pd.DataFrame) -> list[str]:
    """What is said below them."""
    return comparison.attrs["caption"]


def as_csv(comparison: pd.DataFrame) -> str:
    """A line for each row, with all of its columns."""
    return comparison.to_csv(index=False)


def as_json(comparison: pd.DataFrame) -> str:
    """`metric`, `by`, `baseline`, `target` and `caption`, and `rows`, all columns by name."""
    rows = json.loads(comparison.to_json(orient="records", double_precision=15))
    return json.dumps({**comparison.attrs, "rows": rows}, indent=1) + "\n"


def as_md(comparison: pd.DataFrame) -> str:
    """GitHub's Markdown: a table for each data with its notes, and the caption below."""
    return md_of(parts(comparison), caption(comparison))


def as_latex(comparison: pd.DataFrame) -> str:
    """LaTeX for the package booktabs: a table for each data; the last has the whole caption."""
    return latex_of(parts(comparison), caption(comparison))


def md_of(parts: list[Part], caption: list[str]) -> str:
    """GitHub's Markdown: each table with its notes, and the caption below."""
    paragraphs = []
    for part in parts:
        rows = [part.table.columns, ["---"] * len(part.table.columns), *part.table.to_numpy()]
        lines = [f"| {' | '.join(map(escape_md, row))} |" for row in rows]
        paragraphs += [
            f"**{escape_md(part.title)}**",
            "\n".join(lines),
            *map(escape_md, part.notes),
        ]
    return "\n\n".join([*paragraphs, *map(escape_md, caption)]) + "\n"


def latex_of(parts: list[Part], caption: list[str]) -> str:
    """LaTeX for the package booktabs: each table; the last has the whole caption."""
    texts = []
    for part in parts:
        said = [f"{sentence}." for sentence in (part.title, *part.notes)]
        if part is parts[-1]:
            said += caption
        table = part.table.map(_latex).rename(columns=_latex)
        texts.append(table.to_latex(index=False, escape=False, caption=_latex(" ".join(said))))
    return "\n".join(texts)


def write_parquet(comparison: pd.DataFrame, path: Path) -> None:
    """Write every column; those of `by` that mix texts and numbers as texts."""
    by = {
        column: "string" for column in comparison.attrs["by"] if comparison[column].dtype == object
    }
    comparison.astype(by).to_parquet(path, index=False)


def escape_md(text: str) -> str:
    """Text with Markdown's special characters escaped, within a table too."""
    for character in "\\`*_<|":
        text = text.replace(character, f"\\{character}")
    return text


def _latex(text: str) -> str:
    marks = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    marks |= {character: f"\\{character}" for character in "&%$#_{}"}
    marks |= {"<": "$<$", ">": "$>$"}
    return "".join(marks.get(character, character) for character in text)
