"""Trained weights and a card of them, made from a run's record, ready for others to take."""
