"""What a person sees of runs while they go, on a terminal or in a notebook: drawn by rich."""
