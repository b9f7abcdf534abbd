"""A model given its rows one by one says at each what it says of the rows so far at once.

Every cell and wrapper is tried with series, in test_stream.py.
"""

import json

import keras
import numpy as np
import pytest
from slow import all_but

from seqvision.cells import CELLS
from seqvision.errors import SeqvisionError
from seqvision.exporting.api import export
from seqvision.exporting.formats import FORMATS
from seqvision.exporting.stepwise import Stepwise, from_json
from seqvision.exporting.streaming import description, step_model, stepwise
from seqvision.families import FAMILIES
from seqvision.runs.prefixes import every_step
from seqvision.scans import SCANS
from seqvision.zoo import create_model

SHAPE = (5, 4, 2)
IMAGES = np.random.default_rng(0).integers(0, 256, (3, *SHAPE)).astype("float32")
BACKWARDS = {"name": "columns", "reverse": True}
BUILDS = [
    *({"scan": scan} for scan in [*SCANS.names(), BACKWARDS]),
    *({"pooling": pooling, "layer_norm": True} for pooling in ("mean", "max", "attention")),
    {"cell": "lstm", "dropout": 0.5, "recurrent_dropout": 0.5, "pooling": "mean"},
    {"cell": "lstm", "wrap": ["zoneout", "dropout", "residual", "highway", "output_projection"]},
    {"cell": {"name": "attention", "cell": "lstm"}, "wrap": [{"name": "attention", "length": 2}]},
    {"cell": {"name": "phased_lstm", "time_feature": 3}},
    {"cell": {"name": "ntm", "memory_initial": "learned", "memory_slots": 4}},
    {"cell": {"name": "gru", "reset_after": False}, "wrap": ["dropout"], "pooling": "attention"},
]


def with_random_weights(model):
    """The model with weights that are far from zero, biases too."""
    generator = np.random.default_rng(2)
    model.set_weights([w + generator.normal(0, 0.5, w.shape) for w in model.get_weights()])
    return model


def built(**options):
    keras.utils.set_random_seed(1)
    return with_random_weights(create_model("stacked", SHAPE, 3, **{"units": [4, 4], **options}))


def run_eagerly(model):
    """A step model of each; a graph would be traced for nothing."""
    step = step_model(model)
    return Stepwise(step, description(model, step))


FIRST = [{"scan": "rows"}, {"scan": "diagonal"}, *BUILDS[-4:]]


@pytest.mark.parametrize("options", all_but(FIRST, BUILDS), ids=json.dumps)
def test_every_step_is_what_the_whole_says(options):
    model = built(**options)
    said = run_eagerly(model).after_each_step(IMAGES)
    whole = keras.ops.convert_to_numpy(every_step(model)(IMAGES))
    assert np.abs(whole[:, 1:] - whole[:, :-1]).max() > 1e-3
    np.testing.assert_allclose(said, whole, atol=1e-5)
    np.testing.assert_allclose(said[:, -1], model(IMAGES), atol=1e-5)


def test_a_step_takes_raw_pixels_and_named_states_of_shape_batch_and_size():
    model = built(cell={"name": "phased_lstm"}, pooling="attention")
    step = step_model(model)
    sizes = {name: tuple(tensor.shape) for name, tensor in step.input.items()}
    assert sizes.pop("row") == (None, 8)
    assert sizes == {
        **{
            f"recurrent_{layer}_state_{k}": (None, n)
            for layer in (1, 2)
            for k, n in ((1, 4), (2, 4), (3, 2))
        },
        **{f"attention_state_{k}": (None, n) for k, n in ((1, 1), (2, 1), (3, 4))},
    }
    assert set(step.output) == {"logits", *(f"{name}_next" for name in sizes)}
    # Its weights are its own.
    for weight in step.weights:
        weight.assign(weight * 0)
    assert np.abs(keras.ops.convert_to_numpy(model(IMAGES))).max() > 0.1


def test_one_compiled_step_serves_batches_of_any_size():
    model = built()
    streaming = stepwise(model)
    for batch in (1, 3):
        said = streaming.after_each_step(IMAGES[:batch])
        np.testing.assert_allclose(said[:, -1], model(IMAGES[:batch]), atol=1e-5)


def test_a_step_model_is_saved_and_loaded(tmp_path):
    model = built(pooling="attention", cell="lstm", wrap=["residual"])
    step = step_model(model)
    step.save(tmp_path / "step.keras")
    loaded = keras.saving.load_model(tmp_path / "step.keras", safe_mode=True)
    about = description(model, loaded)
    said = Stepwise(loaded, about).after_each_step(IMAGES)
    np.testing.assert_allclose(said[:, -1], model(IMAGES), atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [{"scan": "rows"}, {"scan": "columns"}, {"cell": {"name": "ntm", "memory_slots": 4}}],
    ids=json.dumps,
)
def test_what_is_needed_to_run_it_travels_as_json(options):
    model = built(**options)
    told = run_eagerly(model)
    again = from_json(json.loads(json.dumps(told.about.to_json())), "here")
    heard = Stepwise(told.answer, again)
    assert (again.steps, again.features) == ((4, 10) if options == {"scan": "columns"} else (5, 8))
    np.testing.assert_array_equal(heard.after_each_step(IMAGES), told.after_each_step(IMAGES))
    with pytest.raises(SeqvisionError, match="here: does not describe"):
        from_json({**told.about.to_json(), "states": [{"name": "h"}]}, "here")


def test_the_rows_are_what_the_scan_reads():
    for scan in ("rows", "columns", "pixels", BACKWARDS):
        model = built(scan=scan)
        read = model.get_layer("scan")(IMAGES)
        np.testing.assert_array_equal(run_eagerly(model).rows(IMAGES), read)


def sequential():
    cells = [keras.layers.LSTMCell(3), CELLS.get("gru")(3)]
    inner = [
        keras.layers.RNN(cells, return_sequences=True),
        keras.layers.BatchNormalization(),
        keras.layers.LayerNormalization(),
        keras.layers.Dense(5, "relu"),
        keras.layers.GRU(4),
        keras.layers.Dense(3),
    ]
    return keras.Sequential([keras.Input((None, 8)), *inner])


def test_a_model_of_keras_layers_over_sequences_of_any_length_has_one_too():
    model = with_random_weights(sequential())
    sequence = IMAGES.reshape(3, 5, 8) / 255
    said = run_eagerly(model).after_each_step(sequence)
    for end in (1, 3, 5):
        np.testing.assert_allclose(said[:, end - 1], model(sequence[:, :end]), atol=1e-5)


def masked():
    x = keras.Input((5, 8))
    return keras.Model(x, keras.layers.GRU(3)(keras.layers.Masking()(x)))


def normalized_over_time():
    x = keras.Input((5, 8))
    return keras.Model(x, keras.layers.GRU(3)(keras.layers.LayerNormalization(axis=1)(x)))


def image_whole():
    x = keras.Input((5, 4, 2))
    return keras.Model(x, keras.layers.Dense(3)(keras.layers.Flatten()(x)))


def convolved():
    x = keras.Input((5, 4, 2))
    y = SCANS.get("rows")()(keras.layers.Conv2D(2, 3, padding="same")(x))
    return keras.Model(x, keras.layers.GRU(3)(y))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: create_model("bidirectional", (5, 4), 3, units=4), "reads in both directions"),
        (lambda: create_model("multi_scan", (5, 4), 3, units=4), "'scan_1' and 'scan_2' read"),
        (lambda: create_model("conv_lstm", (5, 4), 3, filters=2), "has states that are no vectors"),
        (
            lambda: keras.Sequential([keras.Input((5, 8)), keras.layers.GRU(3, go_backwards=True)]),
            "reads from the end",
        ),
        (masked, "hides steps"),
        (image_whole, "no scan says what a step"),
        (normalized_over_time, "known to work step by step"),
        (convolved, "'conv2d.*before the scan"),
        (lambda: keras.Sequential([keras.layers.GRU(3)]), "not built"),
    ],
)
def test_a_model_that_has_no_steps_is_refused_with_the_reason(make, why):
    with pytest.raises(SeqvisionError, match=why):
        step_model(make())


def test_every_family_that_never_looks_ahead_has_step_models():
    for family in FAMILIES.names():
        if FAMILIES.entry(family).card.get("causal"):
            model = create_model(family, (5, 4), 3, units=4)
            said = run_eagerly(model).after_each_step(IMAGES[..., 0])
            np.testing.assert_allclose(said[:, -1], model(IMAGES[..., 0]), atol=1e-5)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", all_but(["onnx"], FORMATS.names()))
def test_an_exported_step_says_after_each_step_what_the_whole_says(name, tmp_path):
    model = built(cell="lstm", scan="columns", pooling="attention")
    path = tmp_path / f"step{FORMATS.entry(name).card['ending']}"
    said = export(model, path, name, streaming=True)
    assert said["parity"]["largest_difference"] < 1e-5
    assert said["streaming"]["milliseconds_a_step"] > 0
    # As whoever has the file alone runs it: by its sidecar.
    sidecar = json.loads(path.with_name(f"{path.name}.json").read_text("utf-8"))
    run = FORMATS.get(name)().run(path)
    read = Stepwise(run, from_json(sidecar["streaming"], "sidecar")).after_each_step(IMAGES)
    whole = keras.ops.convert_to_numpy(every_step(model)(IMAGES))
    np.testing.assert_allclose(read, whole, atol=1e-5)


@pytest.mark.tensorflow
def test_an_exported_step_may_answer_with_probabilities(tmp_path):
    model = built()
    said = export(model, tmp_path / "step.onnx", streaming=True, softmax=True, temperature=2.0)
    assert said["streaming"]["output"] == "probabilities"
    about = from_json(said["streaming"], "said")
    run = FORMATS.get("onnx")().run(tmp_path / "step.onnx")
    last = Stepwise(run, about).after_each_step(IMAGES)[:, -1]
    np.testing.assert_allclose(last, keras.ops.softmax(model(IMAGES) / 2), atol=1e-6)


@pytest.mark.tensorflow
def test_a_step_that_answers_otherwise_is_not_kept(tmp_path, monkeypatch):
    """Right at the last step, and wrong at one before it."""
    after = Stepwise.after_each_step

    def wrong(self, images):
        answers = after(self, images)
        answers[0, 2, 1] += 1e-3
        return answers

    monkeypatch.setattr(Stepwise, "after_each_step", wrong)
    with pytest.raises(SeqvisionError, match=r"random image 0, step 3, .*class '1'"):
        export(built(), tmp_path / "step.onnx", streaming=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.exhaustive
@pytest.mark.tensorflow
@pytest.mark.parametrize("options", BUILDS, ids=json.dumps)
def test_every_step_is_exported_to_every_format(options, tmp_path):
    model = built(**{"units": [4], **options})
    for name in FORMATS.names():
        path = tmp_path / f"step{FORMATS.entry(name).card['ending']}"
        export(model, path, name, streaming=True)  # It compares each step.
