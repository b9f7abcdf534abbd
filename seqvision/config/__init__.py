"""Configs: the YAML of a run, validated whole before anything heavy is imported."""

from seqvision.config.grid import load_configs
from seqvision.config.load import find, load_config, zoo_folder, zoo_names
from seqvision.config.schema import Config

__all__ = ["Config", "find", "load_config", "load_configs", "zoo_folder", "zoo_names"]
