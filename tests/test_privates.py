"""What is private to Keras, TensorFlow and keras-tuner does what this package needs of it."""

import ast
import inspect
from pathlib import Path

import keras
import keras_tuner as kt
import numpy as np
import pytest
from keras import ops

import seqvision
from seqvision import privates

ROOT = Path(seqvision.__file__).parent
PUBLISHED = {"_exit"}  # `os._exit` is documented.


def test_no_other_file_uses_what_is_private():
    own, used = set(PUBLISHED), []
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    own.add(name)
                case ast.Name(id=name, ctx=ast.Store()):
                    own.add(name)
                case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                    own.add(name)
                case ast.Attribute(attr=name) if name.startswith("_") and name[1] != "_":
                    used.append((path, node.lineno, name))
                case ast.ImportFrom(module=str(name)) | ast.alias(name=name) if any(
                    f"{name}.".startswith(f"{within}.")
                    for within in ("keras.src", "keras_tuner.src", "tensorflow.python")
                ):
                    used.append((path, getattr(node, "lineno", 0), name))
    others = [each for each in used if each[0].name != "privates.py" and each[2] not in own]
    assert others == []
    assert used != []


def test_the_loop_of_keras_takes_any_step():
    """Forwards and backwards, with a mask, and with nothing but the last output."""
    steps = np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]], "float32")[:, :, None]
    mask = np.array([[True, False, True], [True, True, False]])

    def loop(**options):
        last, outputs, states = privates.rnn(
            lambda x, states: (-x - states[0], [x + states[0]]),
            ops.convert_to_tensor(steps),
            [ops.zeros((2, 1))],
            input_length=3,
            **{"go_backwards": False, "mask": None, "unroll": False, **options},
        )
        return [np.asarray(each)[..., 0].tolist() for each in (last, outputs, *states)]

    every = {"zero_output_for_mask": False, "return_all_outputs": True}
    assert loop(**every) == [[-7, -56], [[-1, -3, -7], [-8, -24, -56]], [7, 56]]
    assert loop(**every, unroll=True) == loop(**every)
    assert loop(**every, go_backwards=True)[1] == [[-4, -6, -7], [-32, -48, -56]]
    masked = loop(**every, mask=ops.convert_to_tensor(mask))
    assert masked == [[-5, -24], [[-1, -1, -5], [-8, -24, -24]], [5, 24]]
    zeros = loop(mask=ops.convert_to_tensor(mask), zero_output_for_mask=True)
    assert zeros[1] == [[-1, 0, -5], [-8, -24, 0]]
    assert loop(return_all_outputs=False)[1] == [[-7], [-56]]


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM", "SimpleRNN"])
def test_a_recurrent_layer_leaves_its_loop_to_inner_loop(kind):
    seen = []

    class Layer(getattr(keras.layers, kind)):
        def inner_loop(self, sequences, initial_state, mask, training=False):
            seen.append((sequences.shape, len(initial_state), mask, training))
            given = super().inner_loop(sequences, initial_state, mask, training)
            last, every, states = given
            assert len(states) == len(initial_state)
            return last + 1, every + 1, [state + 2 for state in states]

    of = keras.layers.GRUCell(4) if kind == "RNN" else 4
    layer = Layer(of, return_state=True)
    plain = getattr(keras.layers, kind)(of, return_state=True)
    x = np.ones((2, 3, 5), "float32")
    output, *states = layer(x, training=True)
    plain.build(x.shape)
    plain.set_weights(layer.get_weights())
    expected, *states_expected = plain(x)
    np.testing.assert_allclose(output, expected + 1, atol=1e-5)
    for state, wanted in zip(states, states_expected, strict=True):
        np.testing.assert_allclose(state, wanted + 2, atol=1e-5)
    assert seen == [((2, 3, 5), len(states), None, True)]


def test_keras_draws_and_forgets_the_masks_of_cells_of_this_type_alone():
    calls = []

    class Plain(keras.layers.Layer):
        state_size = output_size = 4

        def call(self, inputs, states):
            calls.append("call")
            return states[0], states

        def get_dropout_mask(self, step_input):
            calls.append("input")

        def get_recurrent_dropout_mask(self, step_input):
            calls.append("state")

        def reset_dropout_mask(self):
            calls.append("no input")

        def reset_recurrent_dropout_mask(self):
            calls.append("no state")

    class WithMasks(Plain, privates.DropoutRNNCell):
        pass

    x = np.ones((2, 3, 5), "float32")
    keras.layers.RNN(WithMasks(), unroll=True)(x)
    assert calls == ["input", "state", "call", "call", "call", "no input", "no state"]
    calls.clear()
    keras.layers.RNN(Plain(), unroll=True)(x)
    assert set(calls) == {"call"}
    assert isinstance(keras.layers.GRUCell(4), privates.DropoutRNNCell)


def test_weights_are_read_in_the_precision_of_the_scope():
    weight = keras.Variable(np.ones(2), dtype="float32")
    with privates.AutocastScope("bfloat16"):
        assert keras.backend.standardize_dtype(ops.add(weight, weight).dtype) == "bfloat16"
    assert keras.backend.standardize_dtype(ops.add(weight, weight).dtype) == "float32"


def test_kerass_seed_and_what_is_drawn_without_one_go_on_where_they_were():
    from keras.src.utils.rng_utils import get_random_seed

    def drawn():
        return float(keras.random.uniform(()))

    keras.utils.set_random_seed(3)
    expected = [drawn(), drawn()]
    keras.utils.set_random_seed(3)
    found = [drawn()]
    with privates.keras_seed_kept():
        keras.utils.set_random_seed(5)
        assert drawn() not in expected
    assert [*found, drawn()] == expected
    assert get_random_seed() == 3


@pytest.mark.tensorflow
@pytest.mark.parametrize("seed", [None, 5])
def test_tensorflows_random_numbers_go_on_where_they_were(seed):
    import tensorflow as tf

    def drawn():
        return float(tf.random.normal(()))

    tf.random.set_seed(seed)
    expected = [drawn(), drawn()]
    tf.random.set_seed(seed)
    found = [drawn()]
    with privates.tensorflow_seed_kept():
        tf.random.set_seed(0)
        inside = drawn()
        with privates.tensorflow_seed_kept():
            tf.random.set_seed(0)
            assert drawn() == inside
    found.append(drawn())
    if seed is None:
        assert len({*found, *expected, inside}) == 5
    else:
        assert found == expected


@pytest.mark.tensorflow
def test_tensorflow_is_deterministic_for_a_while_and_stays_so_if_it_was():
    import tensorflow as tf

    def is_deterministic():
        try:  # It insists on a seed then.
            tf.random.uniform(())
        except RuntimeError:
            return True
        return False

    tf.random.set_seed(None)
    assert not is_deterministic()
    with privates.deterministic_tensorflow():
        assert is_deterministic()
        with privates.deterministic_tensorflow():
            assert is_deterministic()
        assert is_deterministic()
    assert not is_deterministic()


@pytest.mark.tensorflow
def test_tensorflow_1s_cells_are_there():
    """Their numbers are those that `seqvision bench` and the tests of cells compare with ours."""
    cells = privates.tensorflow_1_cells()
    assert {"num_units", "forget_bias"} <= {*inspect.signature(cells.LSTMCell).parameters}
    assert cells.MultiRNNCell([cells.DropoutWrapper(cells.GRUCell(4), output_keep_prob=0.5)])


def test_a_parameter_of_keras_tuner_can_need_two_others():
    kinds = kt.engine.hyperparameters
    needs = [privates.in_use_with("a", ["x", "y"]), privates.in_use_with("b", [True])]
    hp = kt.HyperParameters()
    last = kinds.Int("c", min_value=1, max_value=3, conditions=needs)
    hp.merge([kinds.Choice("a", ["x", "y", "z"]), kinds.Boolean("b"), last])
    for a, b, expected in [("x", True, True), ("y", True, True), ("z", True, False), ("x", 0, 0)]:
        hp.values |= {"a": a, "b": b}
        assert hp.is_active(last) == expected


def oracle(kind, values):
    class Oracle(privates.InMemory, kind):
        pass

    space = kt.HyperParameters()
    space.Int("n", 1, values)
    objective = kt.Objective("loss", "min")
    made = Oracle(objective=objective, max_trials=None, hyperparameters=space, seed=1)
    made.verbose = 0
    return made


def test_an_oracle_in_memory_writes_no_files_and_finds_all_of_a_small_space(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    random = oracle(kt.oracles.RandomSearchOracle, 60)
    found = []
    while (trial := random.create_trial("one")).status != "STOPPED":
        found.append(trial.hyperparameters.get("n"))
        random.update_trial(trial.trial_id, {"loss": 1.0})
        trial.status = "COMPLETED"
        random.end_trial(trial)
    assert sorted(found) == list(range(1, 61))
    assert list(tmp_path.iterdir()) == []


def test_a_random_point_is_one_that_is_new():
    bayesian = oracle(kt.oracles.BayesianOptimizationOracle, 8)
    points = [privates.random_point(bayesian)]
    points += [bayesian.create_trial(f"{k}").hyperparameters.values for k in range(7)]
    assert points[0]["status"] == "RUNNING" and set(points[0]["values"]) == {"n"}
    left = set(range(1, 9)) - {values["n"] for values in points[1:]}
    assert privates.random_point(bayesian)["values"] == {"n": left.pop()}


def sharing(optimizer, of_variables):
    """An optimizer of the same kind whose variables have these shares of the rate."""
    kind = getattr(keras.optimizers, type(optimizer).__name__)
    found = type("Sharing", (privates.SharesOfRate, kind), {}).from_config(optimizer.get_config())
    found.shares = of_variables
    return found


def stepped(optimizer):
    """Two variables after three steps by fixed gradients."""
    generator = np.random.default_rng(0)
    begun = [generator.normal(size=(3, 2)).astype("float32") for _ in range(2)]
    variables = [keras.Variable(value) for value in begun]
    optimizer.build(variables)
    for _ in range(3):
        gradients = [generator.normal(size=(3, 2)).astype("float32") for _ in range(2)]
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in gradients], variables)
    return [keras.ops.convert_to_numpy(v) for v in variables]


def by_hand(name, rate, share, decay):
    """SGD with momentum and AdamW, in NumPy, for the second of the variables of `stepped`."""
    generator = np.random.default_rng(0)
    _, w = (generator.normal(size=(3, 2)) for _ in range(2))
    m, v = np.zeros_like(w), np.zeros_like(w)
    for step in range(1, 4):
        _, g = (generator.normal(size=(3, 2)) for _ in range(2))
        w = w * (1 - rate * share * decay)
        if name == "sgd":
            m = 0.9 * m - rate * share * g
            w = w + m
        else:
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            correction = np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            w = w - rate * share * correction * m / (np.sqrt(v) + 1e-7)
    return w


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.SGD(0.1, momentum=0.9, weight_decay=0.02),
        keras.optimizers.AdamW(0.1, weight_decay=0.02),
    ],
    ids=["sgd", "adamw"],
)
@pytest.mark.parametrize("share", [1.0, 0.3])
def test_a_share_of_the_rate_is_as_by_hand(optimizer, share):
    expected = by_hand(optimizer.name.lower(), 0.1, share, 0.02)
    _, second = stepped(sharing(optimizer, [0.5, share]))
    np.testing.assert_allclose(second, expected, rtol=2e-5, atol=1e-6)


def test_every_optimizer_gives_each_variable_its_share():
    """As an optimizer of its own would with a learning rate of that share."""
    from seqvision.config.keras_names import OPTIMIZERS

    for name in OPTIMIZERS:

        def make(rate, name=name):
            options = {"learning_rate": rate, "weight_decay": 0.1}
            return keras.optimizers.get({"class_name": name, "config": options})

        first, second = stepped(sharing(make(0.01), [1.0, 0.25]))
        np.testing.assert_allclose(
            first, stepped(make(0.01))[0], rtol=1e-5, atol=1e-6, err_msg=name
        )
        whole, part = stepped(make(0.01))[1], stepped(make(0.0025))[1]
        np.testing.assert_allclose(second, part, rtol=1e-5, atol=1e-6, err_msg=name)
        assert not np.allclose(whole, part, rtol=1e-5, atol=1e-6) or name == "adadelta", name


@pytest.mark.tensorflow
def test_tf2onnx_folds_constants_with_numpy_2():
    """Without the patch it fails on `np.cast` and on constants to be folded."""
    import tensorflow as tf
    import tf2onnx
    from onnx.reference import ReferenceEvaluator

    privates.make_tf2onnx_work_with_numpy_2()

    @tf.function(input_signature=[tf.TensorSpec((None, 2), name="x")])
    def function(x):
        return tf.reshape(x, tf.concat([tf.shape(x)[:1], [1, 2]], 0)) * 2.0

    made, _ = tf2onnx.convert.from_function(function, function.input_signature)
    x = np.ones((3, 2), "float32")
    (got,) = ReferenceEvaluator(made).run(None, {"x": x})
    np.testing.assert_array_equal(got, 2 * x[:, None])
