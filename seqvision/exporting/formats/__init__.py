"""Formats of exported models, each one file."""

from seqvision.registry import Registry

FORMATS = Registry("format", __name__)
