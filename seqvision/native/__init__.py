"""Recurrences as operations in C++, for each backend: a layer, any linear one, a selective scan.

The graph of a loop over time is thousands of small operations a training step; here it is one.
The plan is cuDNN's (Appleyard et al. 2016, arXiv 1604.01946): products of packed kernels, with the
gates computed while the sums are in registers, and each weight's gradient multiplied out once.

- core/: the C++, with a C interface (core.h); compiled once for each kind of processor
- build.py, cache.py: how it is compiled, ahead or on first use, and where it is kept
- core.py: the compiled core, and what it says of this processor
- bindings/, on_tensorflow.py, on_jax.py, on_torch.py: the same as an operation of each backend

Floors: nothing here knows of Keras layers. `seqvision.layers.engine.native` calls it for them, and
`linear_native` and `selective_scan` in `seqvision.layers`.
"""
