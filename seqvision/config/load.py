"""From a file or a name to a validated `Config`: `extends`, `--set`, and errors with a place."""

import importlib.resources
import reprlib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from seqvision.config.plain import Overrides, override_texts, plain
from seqvision.config.read import Document, Position, read_file, read_value
from seqvision.config.schema import Config
from seqvision.errors import ConfigError, did_you_mean
from seqvision.specs import first_problem

_LONGEST = 1000  # characters of a message, whatever it quotes

Source = str | Path | dict[str, Any] | Config
"""A path such as `zoo_configs/gru3.yaml`, a name such as `gru3`, a mapping, or a loaded config."""


def load_config(source: Source, overrides: Overrides = ()) -> Config:
    """Return the config of a file, of a name in the zoo, or of plain data.

    Args:
        source: a path, a name, a mapping, or a loaded config.
        overrides: `path=value` texts, the value in YAML, `model.dropout=0.1`; or a mapping,
            `{"model.dropout": 0.1}`.

    Raises:
        ConfigError: `file:line:column: path: what is wrong`.
    """
    return validated(read_source(source, overrides))


def read_source(source: Source, overrides: Overrides = ()) -> Document:
    """Read what `load_config` reads, without validating it.

    Raises:
        ConfigError: a file cannot be read, or an override is no `path=value`.
    """
    if isinstance(source, Config):
        source = source.resolved()
    if isinstance(source, dict):
        document = Document(plain(source, all_of_it=True), {(): ("config", 0, 0)})
    elif isinstance(source, (str, Path)):
        document = _extended(find(source), ())
    else:
        raise ConfigError(f"expected a path, a name, a mapping or a Config, got {source!r}")
    for override in override_texts(overrides):
        _override(document, override)
    return document


def validated(document: Document) -> Config:
    """The config that a document holds.

    Raises:
        ConfigError: `file:line:column: path: what is wrong`.
    """
    try:
        return Config.model_validate(document.values)
    except ValidationError as error:
        raise ConfigError(_message(error, document)) from None


def zoo_folder() -> Path:
    """The folder of the configs that ship with seqvision."""
    package = Path(str(importlib.resources.files("seqvision")))
    shipped = package / "zoo_configs"
    return shipped if shipped.is_dir() else package.parent / "zoo_configs"


def zoo_names() -> list[str]:
    """The names of the configs that ship with seqvision, sorted."""
    return sorted(path.stem for path in zoo_folder().glob("*.yaml"))


def find(source: str | Path) -> Path:
    """The file that a path or a zoo name stands for.

    Raises:
        ConfigError: there is no such file and no such name.
    """
    text = str(source)
    try:
        path = Path(source).expanduser()
        if path.is_file():
            return path
    except (OSError, RuntimeError) as error:  # Too long for a file's name; or no such person's ~.
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(f"{reprlib.repr(text)}: no such file: {reason}") from None
    if text in zoo_names():
        return zoo_folder() / f"{text}.yaml"
    if path.is_dir():
        raise ConfigError(f"{source}: is a folder; name the files, such as {source}/*.yaml")
    if path.suffix in {".yaml", ".yml"} or path.name != text:
        known = [str(p) for p in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
        raise ConfigError(f"{source}: no such file{did_you_mean(text, known)}")
    names = zoo_names()
    raise ConfigError(
        f"no config {text!r}{did_you_mean(text, names)} (a path, or one of: {', '.join(names)})"
    )


def _extended(path: Path, children: tuple[Path, ...]) -> Document:
    """Read a file, merged over the one that it extends."""
    if path.resolve() in children:
        chain = " → ".join(p.name for p in (*children, path))
        raise ConfigError(f"{path}: extends itself in a circle: {chain}")
    child = read_file(path)
    if "extends" not in child.values:
        return child
    parent_name = child.values.pop("extends")
    where = child.where(("extends",))
    if not isinstance(parent_name, str):
        raise ConfigError(f"{where}: extends: expected one file or name, got {parent_name!r}")
    beside = path.parent / parent_name
    try:
        parent_path = beside if beside.is_file() else find(parent_name)
    except OSError as error:
        raise ConfigError(f"{where}: extends: no such file: {error.strerror}") from None
    except ConfigError as error:
        raise ConfigError(f"{where}: extends: {error}") from None
    parent = _extended(parent_path, (*children, path.resolve()))
    # A child does not inherit its parent's name and description.
    inherited = {k: v for k, v in parent.values.items() if k not in ("name", "description")}
    values = _merged(inherited, child.values)
    return Document(values, {**parent.positions, **child.positions})


def _merged(below: Any, above: Any) -> Any:
    """Mappings merge key by key; a spec of another `name`, a list or a value replaces."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    if "name" in below and above.get("name", below["name"]) != below["name"]:
        return above
    return {**below, **{key: _merged(below.get(key), value) for key, value in above.items()}}


def _override(document: Document, override: str) -> None:
    """Apply one `path=value`; the validation says whether the path exists."""
    path, equals, text = override.partition("=")
    origin = f"--set {override}"
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise ConfigError(f"{origin}: expected path=value, such as model.dropout=0.1")
    put(document, keys, read_value(text, origin), (origin, 0, 0))


def put(document: Document, keys: list[str], value: Any, position: Position) -> None:
    """Set a value of a document and its position; create the sections above it."""
    place: Any = document.values
    for key in keys[:-1]:
        inner = place.get(key)
        if isinstance(inner, str):
            inner = {"name": inner}  # `cell: gru` and `--set model.cell.reset_after=false`
        elif not isinstance(inner, dict):
            inner = {}
        place[key] = inner = dict(inner)
        place = inner
    place[keys[-1]] = value
    for known in [k for k in document.positions if k[: len(keys)] == tuple(keys)]:
        del document.positions[known]
    document.positions[tuple(keys)] = position


def _message(error: ValidationError, document: Document) -> str:
    path, message, kind = first_problem(error)
    if kind == "extra_forbidden":
        known = _known_keys(path[:-1])
        near = did_you_mean(str(path[-1]), known)
        message = f"unknown key {str(path[-1])!r}{near} (known: {', '.join(known)})"
    elif kind == "missing":
        message = f"needs the key {str(path[-1])!r}"
        path = path[:-1]
    dotted = ".".join(map(str, path))
    whole = f"{document.where(path)}: {dotted + ': ' if dotted else ''}{message}"
    return whole if len(whole) < _LONGEST else f"{whole[: _LONGEST // 2]} … {whole[-200:]}"


def _known_keys(path: tuple[str | int, ...]) -> list[str]:
    """The keys of the section that a path leads to."""
    section: Any = Config
    for key in path:
        annotation = section.model_fields[key].annotation if key in section.model_fields else None
        section = next((m for m in _models(annotation) if m), section)
    return list(section.model_fields)


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The sections within an annotation such as `EarlyStopping | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for inner in getattr(annotation, "__args__", ()) for m in _models(inner)]
