"""What a Python file defines, read from its text without importing it.

Keras and TensorFlow take seconds to import. A config is validated, and `seqvision list` answers,
long before that: names, docstrings and parameters are taken from the source.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REQUIRED: Any = object()
"""The default of a parameter that has none."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function or constructor; `annotation` is source text, `""` if absent."""

    name: str
    annotation: Any = ""
    default: Any = REQUIRED


@dataclass(frozen=True)
class Definition:
    """A top-level class or function: its docstring, parameters and decorator calls."""

    name: str
    docstring: str
    parameters: tuple[Parameter, ...]
    decorators: tuple[tuple[str, tuple[Any, ...], dict[str, Any]], ...] = field(default=())
    """`(dotted name, arguments, keyword arguments)`; what is not a literal is left out."""

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return self.docstring.strip().partition("\n")[0]


def definitions(path: Path) -> Iterator[Definition]:
    """Yield the top-level classes and functions of a Python file, in its order."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            yield _definition(node, node, bound=False)
        elif isinstance(node, ast.ClassDef):
            inits = (
                n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"
            )
            yield _definition(node, next(inits, None), bound=True)


def _definition(
    node: ast.FunctionDef | ast.ClassDef, function: ast.FunctionDef | None, *, bound: bool
) -> Definition:
    return Definition(
        name=node.name,
        docstring=ast.get_docstring(node) or "",
        parameters=tuple(_parameters(function.args))[bound:] if function else (),
        decorators=tuple(_call(d) for d in node.decorator_list if isinstance(d, ast.Call)),
    )


def _parameters(arguments: ast.arguments) -> Iterator[Parameter]:
    positional = arguments.posonlyargs + arguments.args
    without_default = len(positional) - len(arguments.defaults)
    defaults = [None] * without_default + list(arguments.defaults) + list(arguments.kw_defaults)
    for argument, default in zip(positional + arguments.kwonlyargs, defaults, strict=True):
        annotation = ast.unparse(argument.annotation) if argument.annotation else ""
        yield Parameter(argument.arg, annotation, REQUIRED if default is None else _value(default))


def _call(node: ast.Call) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    arguments = tuple(_value(a) for a in node.args)
    return (
        ast.unparse(node.func),
        arguments,
        {k.arg: _value(k.value) for k in node.keywords if k.arg},
    )


def _value(node: ast.expr) -> Any:
    """The value of a literal; of anything else, such as `1 / 255`, its source text."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)
