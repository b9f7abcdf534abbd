"""Statistics of a comparison: one file each, arrays in, numbers out."""
