"""How fast a model trains and predicts here, compared with other implementations.

- work.py: what is measured: a model, a batch size, a precision
- contenders/: the implementations, one file each
- measure.py: what one process measures of one contender
- ceiling.py: how fast this machine multiplies the matrices of the same work alone
- rounds.py: contenders by turns, each time in a fresh process; medians, ranges and ratios
- machine.py: the processor and versions that speeds depend on
- record.py, page.py: records of all that, and a page made of them
"""
