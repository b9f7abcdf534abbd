"""`python -m seqvision.cli`."""

from seqvision.cli import main

main()
