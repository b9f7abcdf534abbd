"""Sequence classifiers for Keras 3, above all for images read as sequences."""
