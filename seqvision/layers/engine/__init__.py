"""The fast engine: recurrent layers near what a CPU can do, with Keras's weights and numbers.

What it does is cuDNN's plan (Appleyard et al. 2016, arXiv 1604.01946) in Keras's operations: the
input of all time steps is multiplied at once, the loop holds one product and little else, and a
backward pass written by hand multiplies out each weight's gradient once, after its loop.

- choice.py: which of the ways below a layer takes, as a table
- native.py: a layer as one operation in C++ (`seqvision.native`)
- reading.py: what a layer does around any loop of a step: projection, masks, what is returned
- steps.py, derivatives.py: what one step of a GRU, LSTM or plain network does, forward and backward
- loop.py: any such step run over time, forward and backward
- elementwise.py, replay.py: the same for any cell whose step is elementwise but for its products,
  where the derivatives of all time steps come from one automatic differentiation
- on_tensorflow.py, on_jax.py: the loop over time in a backend, and its gradient
- elementwise_on_tensorflow.py: the same on TensorFlow for any elementwise cell
- on_torch.py: PyTorch's own kernels, which are such an engine already
- graph.py, unroll.py: how TensorFlow's graph is made: unrolled or a loop, to run here or to export
- shards.py: TensorFlow's batch cut in parts that run side by side
- fast.py, path.py: the mixins by which a Keras layer takes this path where it applies, and says so
"""
