"""Families: functions that build a classifier from its options, each family one file."""

from seqvision.registry import Registry

FAMILIES = Registry("family", __name__, given=("input_shape", "num_classes"), of_keras=True)
