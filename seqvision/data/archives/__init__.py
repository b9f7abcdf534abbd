"""Reads the files of the UEA and UCR archives: `.ts`, `.arff` and `.tsv`."""
