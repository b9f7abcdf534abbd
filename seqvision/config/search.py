"""A config to tune, and the configs that its `tune.space` spans, each validated as a file is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from seqvision.config.load import Source, put, read_source, validated
from seqvision.config.plain import Overrides, plain
from seqvision.config.read import Document, Position
from seqvision.config.schema import Config
from seqvision.config.size import check_size
from seqvision.config.space import Choice, Fixed, Range, needed, values
from seqvision.config.tune import Tune
from seqvision.errors import ConfigError
from seqvision.specs import OptionError


@dataclass(frozen=True)
class Tunable:
    """A config, and what a search may change of it."""

    document: Document
    untuned: Config
    """The config as it stands, without its `tune` section."""
    tune: Tune

    @property
    def name(self) -> str:
        """The name of the search, and of its folder."""
        return f"{self.untuned.name}-tune"

    def point(self, values: dict[str, Any], name: str, **train: Any) -> Config:
        """The config with some values changed.

        Args:
            values: of the parameters that are in use, by path.
            name: the config's name.
            train: other keys of `train` to set.

        Raises:
            ConfigError: the values do not fit together; with the place of one in the file.
        """
        return validated(self.document_of(values, name, **train))

    def probes(self) -> Iterator[Config]:
        """The config with each choice, and each end of each range, one at a time.

        Raises:
            ConfigError: with the place of a value that the path cannot take.
        """
        for point in _probes(self.tune):
            yield self.point(point, self.untuned.name)

    def document_of(self, values: dict[str, Any], name: str, **train: Any) -> Document:
        """The document that `point` validates."""
        document = Document(dict(self.document.values), dict(self.document.positions))
        for section in ("tune", "grid"):
            document.values.pop(section, None)
        document.values["name"] = name
        for path in self.tune.space:  # In the space's order: a path within another comes after it.
            if path in values:
                put(document, path.split("."), values[path], self._position(path, values[path]))
        for key, value in train.items():
            put(document, ["train", key], value, document.position(("train",)))
        return document

    def _position(self, path: str, value: Any) -> Position:
        """Where a value of a parameter was written."""
        parameter = self.tune.space[path]
        if isinstance(parameter, Choice) and value in parameter.choice:
            place = ("choice", parameter.choice.index(value))
        else:
            place = ("fixed",) if isinstance(parameter, Fixed) else ()
        return self.document.position(("tune", "space", path, *place))


def load_tunable(source: Source, overrides: Overrides = (), **settings: Any) -> Tunable:
    """Read a config that has a `tune` section, and check each parameter of its space separately.

    Args:
        overrides: `path=value` texts, or a mapping.
        settings: keys of `tune` to set, such as `trials=20`; None leaves the config's own.

    Raises:
        ConfigError: with the place in the file: a path that does not exist, or a value that the
            path cannot take.
    """
    document = read_source(source, overrides)
    file = document.where(())
    if not isinstance(document.values.get("tune"), dict):
        raise ConfigError(f"{file}: needs a section `tune:` that says what to search")
    if document.values.get("grid"):
        raise ConfigError(f"{document.where(('grid',))}: grid: many configs cannot be tuned as one")
    for key, value in settings.items():
        if value is not None:
            put(document, ["tune", key], plain(value), (f"{key}={value}", 0, 0))
    config = validated(document)
    assert config.tune
    if not config.data.validation:
        where = document.where(("data", "validation"))
        raise ConfigError(f"{where}: data.validation: trials are judged by images kept for it")
    try:
        check_size(config.tune, config.train.epochs)
    except OptionError as error:
        path = ("tune", *error.path)
        dotted = ".".join(map(str, path))
        raise ConfigError(f"{document.where(path)}: {dotted}: {error.message}") from None
    untuned = config.model_copy(update={"tune": None})
    tunable = Tunable(document, untuned, config.tune)
    for _ in tunable.probes():
        pass
    return tunable


def _probes(tune: Tune) -> Iterator[dict[str, Any]]:
    """Each choice, and each end of each range, with the values that put it in use."""
    for path, parameter in tune.space.items():
        around = _around(path, tune)
        ends = parameter.bounds if isinstance(parameter, Range) else values(parameter)
        for value in ends:
            yield {**around, path: value}


def _around(path: str, tune: Tune) -> dict[str, Any]:
    """A value for each parameter that this one depends on."""
    found: dict[str, Any] = {}
    for parent, allowed in needed(tune.space[path], tune.space).items():
        found |= _around(parent, tune) | {parent: allowed[0]}
    return found
