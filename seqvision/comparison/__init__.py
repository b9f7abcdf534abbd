"""Runs side by side: tables with intervals and tests, charts, and the report."""
