"""Runs: one config and one seed become one record."""
