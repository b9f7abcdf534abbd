"""Reads series from tables, CSV or Parquet, a row a series or a row a step."""
