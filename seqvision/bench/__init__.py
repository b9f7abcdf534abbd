"""How fast a model trains and answers here, beside other implementations of the same work.

- work.py: what is measured: a model, a batch size, a precision
- contenders/: who does it; one file each
- measure.py: what one process measures of one contender
- ceiling.py: how fast this machine multiplies the matrices of the same work, and nothing else
- rounds.py: contenders in turn, each time in a fresh process; medians, ranges and ratios
"""
