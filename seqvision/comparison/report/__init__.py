"""The report: one HTML file that needs neither network nor server."""

from seqvision.comparison.report.page import report

__all__ = ["report"]
