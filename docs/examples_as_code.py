"""For the site: what stands below `Example:` in a docstring is code."""

import re

import griffe

_EXAMPLE = re.compile(r"^(Example:\n)((?: {4}.*(?:\n|$)|\n)+)", re.MULTILINE)


class ExamplesAsCode(griffe.Extension):
    """Puts fences around examples, which Markdown would take for text."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        if obj.docstring:
            obj.docstring.value = _EXAMPLE.sub(_fenced, obj.docstring.value)


def _fenced(example: re.Match[str]) -> str:
    return f"{example[1]}    ```python\n{example[2].rstrip()}\n    ```\n\n"
