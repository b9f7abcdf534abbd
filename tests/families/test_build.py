"""A family's model is allocated only if it fits, and is else what the family makes."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision import create_model, memory
from seqvision.config import load_config
from seqvision.errors import SeqvisionError
from seqvision.families.build import build_family
from seqvision.families.stacked import stacked

MODEL = {"family": "stacked", "cell": "lstm", "units": [8, 4], "dropout": 0.3, "layer_norm": True}


@pytest.mark.parametrize("cell", ["lstm", "grouped_lstm"])  # The latter draws more seeds later.
def test_a_model_is_what_the_family_alone_would_make_of_a_seed(cell):
    options = {key: value for key, value in MODEL.items() if key != "family"} | {"cell": cell}
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(3)
    alone = stacked((6, 6), 3, **options)
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(3)
    built = build_family({**MODEL, "cell": cell}, (6, 6), 3)
    assert built.get_config() == alone.get_config()  # Names given by Keras, too.
    for mine, other in zip(built.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)
    images = np.ones((4, 6, 6), "float32")
    dropped = []
    for model in (built, alone):
        keras.utils.set_random_seed(4)  # PyTorch's dropout has one generator for all.
        dropped.append(ops.convert_to_numpy(model(images, training=True)))
    np.testing.assert_array_equal(*dropped)


@pytest.fixture
def small_machine(monkeypatch):
    monkeypatch.setattr(memory, "total_memory", lambda: 1_000_000)


def test_what_does_not_fit_is_never_allocated(small_machine):
    with pytest.raises(SeqvisionError, match=r"model: its weights would take 12,000\.4 GB of mem"):
        create_model("stacked", units=[1_000_000])
    with pytest.raises(SeqvisionError, match=r"weights would take 1\.2e\+14 GB"):  # 2 ** 64 and on
        build_family({**MODEL, "cell": "gru", "units": [10**11]}, (28, 28), 10)
    # Nor later, when Keras gives values to whatever waits for them.
    model = create_model("stacked", (6, 5), 3, units=[4])
    assert ops.convert_to_numpy(model(np.zeros((1, 6, 5)))).shape == (1, 3)


def test_what_keras_refuses_is_told_in_one_line():
    with pytest.raises(SeqvisionError, match=r"built for samples of \(6, 5\) in float32: .*foo"):
        create_model("stacked", (6, 5), 3, cell={"name": "lstm", "activation": "foo"})
    longest = {"name": "max_norm", "max_value": "long"}  # Looked at in the first step of training.
    with pytest.raises(SeqvisionError, match=r"model: cannot be built for samples of \(6, 5\) in"):
        create_model("stacked", (6, 5), 3, cell={"name": "gru", "kernel_constraint": longest})


@pytest.mark.tensorflow
def test_what_a_backend_refuses_is_told_in_one_line():
    keras.config.set_dtype_policy("bfloat16")
    try:  # TensorFlow has no orthogonal matrices of bfloat16.
        with pytest.raises(SeqvisionError, match=r"model: cannot be built .*bfloat16"):
            create_model("stacked", (6, 5), 3, units=[4])
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize(
    ("train", "copies"),
    [
        ({"optimizer": "sgd"}, 2),  # the weights and their gradients
        ({"optimizer": {"name": "sgd", "momentum": 0.9}}, 3),
        ({"optimizer": "adam", "precision": "mixed_float16"}, 4),
        ({"optimizer": {"name": "adam", "use_ema": True}}, 5),
    ],
)
def test_training_needs_gradients_the_optimizer_and_a_batch(monkeypatch, train, copies):
    from seqvision.data import load
    from seqvision.runs.model import model_to_train

    data = {"dataset": "digits"}
    config = {"name": "x", "data": data, "model": {"family": "stacked", "units": 50}}
    config = load_config({**config, "train": {**train, "batch_size": 1_000_000}})
    dataset, asked = load("digits"), []
    monkeypatch.setattr(
        "seqvision.families.build.check_fits", lambda size, *rest: asked.append(size)
    )
    training = dataset.train.take(np.arange(1000))
    model = model_to_train(config, dataset, training).model
    images = 1000 * 8 * 8 * 4  # All there are, as float32.
    assert max(asked) == pytest.approx(4 * model.count_params() * copies + images, abs=300)
    assert model.optimizer.built


def test_a_batch_out_of_all_proportion(monkeypatch):
    # Weights, gradients and what RMSprop keeps of them are 3.4 MB, the images 0.3.
    monkeypatch.setattr(memory, "total_memory", lambda: 3_500_000)
    with pytest.raises(SeqvisionError, match=r"and a batch of 1,293 samples would take 0\.0"):
        from seqvision.runs.setup import set_up

        model = {"family": "stacked", "units": 300}
        config = {"name": "x", "data": {"dataset": "digits"}, "model": model}
        with set_up(load_config({**config, "train": {"batch_size": 5000}}), 0):
            pass
