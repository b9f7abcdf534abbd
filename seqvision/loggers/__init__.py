"""Loggers: where runs are logged to besides their folders, each one file.

A run is logged where one asks for it: `seqvision run gru3 --log tensorboard`. Its config does not
name loggers, and they change nothing about it.
"""

from seqvision.registry import Registry

LOGGERS = Registry("logger", __name__, given=("results",))
