"""Models over several datasets: a table, mean ranks, and which of them can be told apart."""

from seqvision.comparison.across.table import Across, across

__all__ = ["Across", "across"]
