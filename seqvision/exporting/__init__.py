"""Trained models as files for other runtimes, checked against Keras."""
