"""Trained models: what is known of them, and the files that hold their weights."""
