"""A recurrent cell for seqvision."""
