"""The names by which folders and tables tell training, test and validation samples apart."""

PART_NAMES = {
    "train": "training",
    "training": "training",
    "test": "test",
    "testing": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
}
"""The part that each name, in lower case, stands for."""
