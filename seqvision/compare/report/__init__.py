"""The report: one HTML file that needs nothing else, neither network nor server."""

from seqvision.compare.report.page import report

__all__ = ["report"]
