"""A page of published results, for others to read and to repeat."""

from seqvision.comparison.publish.page import Page, page

__all__ = ["Page", "page"]
