"""All that this package uses of Keras, TensorFlow and keras-tuner that is not public.

Each may change with any release. tests/test_privates.py fails on the day one does, and if another
file uses something private; pyproject.toml keeps users at the releases that were tested.

One thing cannot be moved here: layers/recurrent.py and layers/engine/fast.py override `inner_loop`
of Keras's recurrent layers, a method that is not documented. Without it they would have to repeat
what `keras.layers.RNN.call` does about states, masks, dropout and types. Since Keras 3.0.
"""

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from keras.src import backend
from keras.src.backend.common import global_state
from keras.src.layers.rnn import dropout_rnn_cell
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR
from keras.src.utils.rng_utils import GLOBAL_RANDOM_SEED

from seqvision.import_keras import quietly

rnn: Any = backend.rnn
"""The loop over time within `keras.layers.RNN`, which itself loops over a cell's `call` only;
`Recurrent` has projected all inputs before and loops over `step`. Since Keras 3.0."""

DropoutRNNCell: Any = dropout_rnn_cell.DropoutRNNCell
"""The type of the cells whose dropout masks `keras.layers.RNN` draws before a sequence and forgets
after it. Since Keras 3.0."""

AutocastScope: Any = backend.AutocastScope
"""Casts weights to a layer's own precision when read, as within its `call`. Since Keras 3.0."""


@contextlib.contextmanager
def keras_seed_kept() -> Iterator[None]:
    """Restore Keras's seed, and the generator used by default, at the end.

    `keras.utils.set_random_seed` sets them, but nothing public reads them. By these names since
    Keras 3.13.
    """
    names = (GLOBAL_RANDOM_SEED, GLOBAL_SEED_GENERATOR)
    kept = {name: global_state.get_global_attribute(name) for name in names}
    try:
        yield
    finally:
        for name, value in kept.items():
            global_state.set_global_attribute(name, value)


@contextlib.contextmanager
def tensorflow_seed_kept() -> Iterator[None]:
    """Restore TensorFlow's seed and the position of its generator at the end.

    Nothing public reads these either, and setting the seed alone would restart the generator. Does
    nothing where TensorFlow is not installed. Since TensorFlow 2.12 or earlier.
    """
    try:
        with quietly():
            import tensorflow as tf
            from tensorflow.python.eager.context import context
    except ImportError:
        yield
        return
    seed, generator = context()._seed, getattr(context(), "_rng", None)
    try:
        yield
    finally:
        tf.random.set_seed(seed)
        context()._rng = generator


@contextlib.contextmanager
def deterministic_tensorflow() -> Iterator[None]:
    """Make TensorFlow's operations deterministic within, if they are not already.

    Switching that on is public, switching it off is not. Since TensorFlow 2.12 or earlier.
    """
    from tensorflow.python.framework import config

    if config.is_op_determinism_enabled():
        yield
        return
    config.enable_op_determinism()
    try:
        yield
    finally:
        config.disable_op_determinism()


@contextlib.contextmanager
def no_graphs_kept() -> Iterator[None]:
    """Have TensorFlow let go, at the end, of what was traced within: graphs, models and their data.

    For as long as the process lives it keeps the gradient of each `tf.custom_gradient` that is
    traced, in a registry, and each function of `Dataset.from_generator`, with the default graph.
    New gradients of functions that were traced within cannot be taken after. Does nothing where
    TensorFlow was not used. Since TensorFlow 2.12 or earlier.
    """
    before = _kept_by_tensorflow()
    known, begun = (set(before[0]), len(before[1])) if before else (set(), 0)
    try:
        yield
    finally:
        gradients, functions = _kept_by_tensorflow() or ({}, [])
        for name in set(gradients) - known:
            if name.startswith("CustomGradient-"):
                del gradients[name]
        del functions[begun:]


def _kept_by_tensorflow() -> tuple[dict[str, Any], list[Any]] | None:
    if (tf := sys.modules.get("tensorflow")) is None:
        return None
    from tensorflow.python.framework import ops

    graph = tf.compat.v1.get_default_graph()
    return ops.gradient_registry._registry, getattr(graph, "_py_funcs_used_in_graph", [])


def make_tf2onnx_work_with_numpy_2() -> None:
    """Have tf2onnx do without what NumPy 2 no longer has, as Keras does when it exports.

    It is once for a process. Since Keras 3.10 or earlier; needless once tf2onnx, whose last release
    is 1.17, does it itself.
    """
    import warnings

    from keras.src.export.tf2onnx_lib import patch_tf2onnx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # It asks whether NumPy has `object`.
        patch_tf2onnx()


def tensorflow_1_cells() -> Any:
    """The module of TensorFlow 1's cells, for comparison; `tf.compat.v1` no longer has them.

    Since TensorFlow 2.12 or earlier.
    """
    from tensorflow.python.keras.layers.legacy_rnn import rnn_cell_impl

    return rnn_cell_impl


def in_use_with(parent: str, values: list[Any]) -> Any:
    """The condition that a keras-tuner parameter is active for these values of its parent.

    keras-tuner's public way, `conditional_scope`, cannot say that one needs two others. Since
    keras-tuner 1.4.0 or earlier.
    """
    from keras_tuner.src.engine.conditions import Parent

    return Parent(parent, values)


class InMemory:
    """Mix into an oracle of keras-tuner: it writes no files, and searches small spaces to the end.

    keras-tuner writes each trial to disk whenever it changes, and takes a space for exhausted when
    20 random points in a row were tried before. Since keras-tuner 1.4.0 or earlier.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._max_collisions = 1000

    def save(self) -> None:
        pass

    def _save_trial(self, trial: Any) -> None:
        pass


class SharesOfRate:
    """Mix into an optimizer of Keras: each variable learns at its share of the learning rate.

    Weight decay, which the rate multiplies, has the same share. `update_step` is public, for others
    to override; what tells variables apart there, `_get_variable_index`, is not (on TensorFlow it
    gets a device's copy of a variable), nor is where weights decay. Since Keras 3.0.

    Set `shares`, one a trainable variable in the order of `build`, before the first step.
    """

    shares: list[float]
    _share = 1.0

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        share = self.shares[self._get_variable_index(variable)]  # type: ignore[attr-defined]
        rate = learning_rate if share == 1 else learning_rate * share
        super().update_step(gradient, variable, rate)  # type: ignore[misc]

    def _apply_weight_decay(self, variables: Any) -> None:
        # On PyTorch it fails if it is given none that decays.
        decays: Any = [v for v in variables if self._use_weight_decay(v)]  # type: ignore[attr-defined]
        for share in sorted(set(self.shares)):
            own = [v for v in decays if self.shares[self._get_variable_index(v)] == share]  # type: ignore[attr-defined]
            self._share = share
            if own:
                super()._apply_weight_decay(own)  # type: ignore[misc]
        self._share = 1.0

    def _get_current_learning_rate(self) -> Any:
        rate = super()._get_current_learning_rate()  # type: ignore[misc]
        return rate if self._share == 1 else rate * self._share


def random_point(oracle: Any) -> dict[str, Any]:
    """A random new point, as keras-tuner's Bayesian oracle proposes while it has too few trials.

    Since keras-tuner 1.4.0 or earlier.
    """
    return oracle._random_populate_space()


def is_compiled_by_xla() -> bool:
    """Whether the function of TensorFlow that is being traced is compiled, `jit_compile=True`.

    XLA knows no operation of others. Since TensorFlow 2.1 or earlier.
    """
    import tensorflow as tf
    from tensorflow.python.ops import control_flow_util

    if not tf.inside_function():
        return False
    return control_flow_util.GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph())
