"""Datasets: NumPy arrays of images and labels, each dataset one file."""

from seqvision.registry import Registry

DATASETS = Registry("dataset", __name__)
