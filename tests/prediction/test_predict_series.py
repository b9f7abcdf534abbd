"""`seqvision.predict` of models that read series: what the run said of its test series, again."""

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

import seqvision
from seqvision.data import load
from seqvision.data.series import Series
from seqvision.errors import SeqvisionError
from seqvision.prediction.answerer import answerer

NAMES = ("fast", "slow")
P = [f"p_{name}" for name in NAMES]
CONFIG = {
    "name": "waves",
    "model": {"family": "stacked", "units": 8},
    "train": {"epochs": 2, "batch_size": 16, "optimizer": {"name": "adam", "learning_rate": 0.03}},
}


def table_of_waves(generator, split, count):
    """A row a step: slow or fast waves around 1000 with gaps, and a counter; 3 to 12 steps."""
    frames = []
    for n in range(count):
        length = int(generator.integers(3, 13))
        wave = np.sin((0.4 + 1.2 * (n % 2)) * np.arange(length) + generator.uniform(0, 6))
        wave[: length - 1][generator.random(length - 1) < 0.1] = np.nan
        frame = pd.DataFrame({"case": f"{split}{n}", "t": range(length), "split": split})
        frame["wave"], frame["counter"] = 1000 + 5 * wave, np.arange(length)
        frames.append(frame.assign(label=("slow", "fast")[n % 2]))
    return pd.concat(frames)


@pytest.fixture(scope="module")
def waves():
    generator = np.random.default_rng(0)
    return pd.concat([table_of_waves(generator, *of) for of in (("train", 60), ("test", 20))])


@pytest.fixture(scope="module")
def run(waves, tmp_path_factory):
    """A run on a table whose columns have names of its own."""
    path = tmp_path_factory.mktemp("data") / "waves.csv"
    waves.to_csv(path, index=False)
    data = {"name": "csv", "path": str(path), "id": "case", "time": "t", "layout": "long"}
    config = {**CONFIG, "data": {"dataset": data, "validation": 10}}
    return seqvision.run(config, results=tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="module")
def said(run):
    """What the run itself said of each test series, `(20, 2)`."""
    with np.load(run.folder / "predictions.npz") as arrays:
        return arrays["probabilities"]


@pytest.fixture(scope="module")
def unseen(run):
    return load(run["config"]["data"]["dataset"]).test.series


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet"])
def test_a_table_of_new_series_needs_no_labels(run, waves, said, ending, tmp_path):
    new = waves[waves["split"] == "test"].drop(columns=["label", "split"])
    mixed = new.sample(frac=1, random_state=0)  # Rows in any order: times tell it.
    path = tmp_path / f"new{ending}"
    mixed.to_parquet(path) if ending == ".parquet" else mixed.to_csv(path, index=False)
    table = seqvision.predict(run.folder, path, probabilities=True, batch=6)
    order = [int(name.removeprefix(f"{path}[test").removesuffix("]")) for name in table["file"]]
    assert sorted(order) == [*range(20)] and table["error"].isna().all()
    np.testing.assert_allclose(table[P], said[order], atol=1e-5)


def test_series_in_memory(run, said, unseen):
    each = [unseen[n] for n in range(20)]
    for given in (each, unseen, unseen.padded(), unseen.padded(40)):
        table = seqvision.predict(run.folder, given, probabilities=True, batch=7)
        np.testing.assert_allclose(table[P], said, atol=1e-5)
    one = seqvision.predict(run.folder, each[3], probabilities=True)
    assert one["file"].tolist() == ["series[0]"]
    np.testing.assert_allclose(one[P], said[3:4], atol=1e-5)
    model = seqvision.load_model(run.folder)  # Of which nothing is known but its layers.
    bare = seqvision.predict(model, each, logits=True)
    assert bare["class"].tolist() == [str(n) for n in said.argmax(axis=1)]


def test_an_archive_with_lengths_and_labels(run, said, unseen, tmp_path):
    path = tmp_path / "new.npz"
    labels = np.array([NAMES[1 - n % 2] for n in range(20)])
    padded = unseen.padded(15)
    padded[np.arange(15) >= unseen.lengths[:, None]] = 0
    np.savez(path, x_test=padded, y_test=labels, lengths_test=unseen.lengths)
    table = seqvision.predict(run.folder, path, probabilities=True, labels_from_folders=True)
    np.testing.assert_allclose(table[P], said, atol=1e-5)
    right = np.mean([NAMES[k] == label for k, label in zip(said.argmax(1), labels, strict=True)])
    assert table.attrs["score"]["accuracy"] == right


def test_labels_of_a_table_and_one_series_without_ids(run, waves, said, tmp_path):
    waves[waves["split"] == "test"].to_csv(tmp_path / "x.csv", index=False)
    table = seqvision.predict(run.folder, tmp_path / "x.csv", labels_from_folders=True)
    assert table["label"].tolist() == [("slow", "fast")[n % 2] for n in range(20)]
    assert table.attrs["score"]["accuracy"] == run["metrics"]["test_accuracy"]
    one = waves[waves["case"] == "test4"][["t", "wave", "counter"]]
    one.to_csv(tmp_path / "one.csv", index=False)
    table = seqvision.predict(run.folder, tmp_path / "one.csv", probabilities=True)
    assert table["file"].tolist() == [f"{tmp_path}/one.csv[0]"]
    np.testing.assert_allclose(table[P], said[[4]], atol=1e-5)


def test_columns_in_another_order_are_known_by_their_names(run, waves, said, tmp_path):
    columns = ["label", "counter", "t", "noise", "wave", "case"]
    new = waves[waves["split"] == "test"].assign(noise=7.0)[columns]
    new.to_csv(tmp_path / "x.csv", index=False)
    table = seqvision.predict(run.folder, tmp_path / "x.csv", probabilities=True)
    np.testing.assert_allclose(table[P], said, atol=1e-5)
    assert run["dataset"]["features"] == ["wave", "counter"]


def test_each_step_is_what_it_says_of_series_cut_off_there(run, said, unseen):
    each = [unseen[n] for n in range(6)]
    table = seqvision.predict(run.folder, each, probabilities=True, steps=True)
    assert table["step"].tolist() == [t + 1 for one in each for t in range(len(one))]
    last = table.groupby("file", sort=False).tail(1)
    np.testing.assert_allclose(last[P], said[:6], atol=1e-5)
    cut = seqvision.predict(run.folder, each[0][:2], probabilities=True)
    np.testing.assert_allclose(table[P].iloc[[1]], cut[P], atol=1e-5)


def test_what_cannot_be_answered_is_told(run, unseen, tmp_path):
    empty = np.full((4, 2), np.nan, np.float32)
    table = seqvision.predict(run.folder, [empty, unseen[0], np.full((2, 2), np.inf)])
    assert table["error"][0] == "has no observed value" and pd.isna(table["error"][1])
    assert "infinite" in table["error"][2]
    with pytest.raises(SeqvisionError, match=r"series 2 is \(4, 3\).*reads \(steps, 2\)"):
        seqvision.predict(run.folder, [unseen[0], np.zeros((4, 3))])
    with pytest.raises(SeqvisionError, match=r"expected \(n, steps, 2\) or \(steps, 2\)"):
        seqvision.predict(run.folder, np.zeros((2, 3, 4, 2)))
    with pytest.raises(SeqvisionError, match="reads series; invert and pixels are for pictures"):
        seqvision.predict(run.folder, [unseen[0]], invert="auto", pixels="0..1")
    pd.DataFrame({"case": ["a"], "t": [0], "wave": [1]}).to_csv(tmp_path / "x.csv", index=False)
    np.savez(tmp_path / "x.npz", x=np.zeros((2, 4, 3)))
    (tmp_path / "x.png").write_bytes(b"none")
    wavfile.write(tmp_path / "x.wav", 8000, np.zeros(100, np.int16))
    files = [tmp_path / f"x.{ending}" for ending in ("csv", "npz", "png", "wav")]
    errors = seqvision.predict(run.folder, files)["error"].tolist()
    assert errors[0] == "has no column 'counter' (columns: case, t, wave)"
    assert errors[1].startswith("series 1 is (4, 3)")
    assert errors[2].startswith("holds no series by its ending (.csv,")
    assert "the model was trained on another dataset than wav_folder" in errors[3]


def test_a_wide_table(tmp_path, caplog):
    """Each row is a series, also where a column of dates says when it was taken."""
    generator = np.random.default_rng(1)
    values = generator.normal(size=(12, 5)).round(3)
    steps = [f"s{n}" for n in range(5)]
    frame = pd.DataFrame(values, columns=steps)
    frame.assign(label=["a", "b"] * 6).to_csv(tmp_path / "train.csv", index=False)
    data = {"name": "csv", "path": str(tmp_path / "train.csv")}
    config = {**CONFIG, "data": {"dataset": data, "validation": 2}}
    record = seqvision.run(config, results=tmp_path / "results")
    expected = seqvision.predict(record.folder, values[..., None], logits=True)
    assert len(expected) == 12
    pd.testing.assert_frame_equal(
        seqvision.predict(record.folder, values, logits=True),
        expected,  # One feature: no axis.
    )
    frame.assign(date="2024-01-01").to_csv(tmp_path / "new.csv", index=False)
    table = seqvision.predict(record.folder, tmp_path / "new.csv", logits=True)
    assert table["file"].tolist() == [f"{tmp_path}/new.csv[{n}]" for n in range(12)]
    columns = ["logit_a", "logit_b"]
    np.testing.assert_allclose(table[columns], expected[columns], atol=1e-5)


TS = """@univariate false
@dimensions 2
@classLabel true slow fast
@data
{}
"""


def test_the_archives_own_formats(run, unseen, said, tmp_path):
    """Two channels in .ts; of one channel, as .tsv has them, a bare model."""
    lines = []
    for one in unseen:
        channels = (",".join("?" if np.isnan(v) else repr(float(v)) for v in c) for c in one.T)
        lines.append(":".join([*channels, "slow"]))
    (tmp_path / "new.ts").write_text(TS.format("\n".join(lines)))
    table = seqvision.predict(
        run.folder, tmp_path / "new.ts", probabilities=True, labels_from_folders=True
    )
    np.testing.assert_allclose(table[P], said, atol=1e-5)
    assert table.attrs["score"]["accuracy"] == np.mean(said[:, 1] > 0.5)
    model = seqvision.create_model("stacked", (None, 1), 2, units=4)
    values = np.random.default_rng(3).normal(size=(5, 6)).astype(np.float32)
    expected = model.predict_on_batch(values[..., None])
    text = "\n".join("\t".join(map(repr, [1, *row])) for row in values.tolist())
    (tmp_path / "new.tsv").write_text(text)
    rows = ["{},c".format(",".join(map(repr, row))) for row in values.tolist()]
    head = [f"@attribute s{n} numeric" for n in range(6)] + ["@attribute target {c,d}"]
    (tmp_path / "new.arff").write_text("\n".join(["@relation x", *head, "@data", *rows]))
    for name in ("new.tsv", "new.arff"):
        table = seqvision.predict(model, tmp_path / name, logits=True)
        np.testing.assert_allclose(table[["logit_0", "logit_1"]], expected, atol=1e-5)


def tones(folder, rate, generator, count=4):
    for name, hertz in (("high", 900), ("low", 200)):
        (folder / name).mkdir(parents=True)
        for n in range(count):
            samples = int(generator.integers(900, 2000))
            wave = np.sin(2 * np.pi * hertz * np.arange(samples) / rate + n)
            wavfile.write(folder / name / f"{n}.wav", rate, (12000 * wave).astype(np.int16))


def test_sound_is_read_as_the_models_own_was(tmp_path):
    generator = np.random.default_rng(2)
    tones(tmp_path / "data" / "train", 4000, generator)
    tones(tmp_path / "data" / "test", 8000, generator)
    data = {"name": "wav_folder", "path": str(tmp_path / "data"), "rate": 4000, "n_mels": 6}
    data |= {"features": "mfcc", "n_mfcc": 4, "hop": 20.0}
    config = {**CONFIG, "data": {"dataset": data, "validation": 2}}
    record = seqvision.run(config, results=tmp_path / "results")
    with np.load(record.folder / "predictions.npz") as arrays:
        said = arrays["probabilities"]
    folder = tmp_path / "data" / "test"
    (folder / "low" / "readme.csv").write_text("not,answered")
    table = seqvision.predict(record.folder, folder, probabilities=True, labels_from_folders=True)
    np.testing.assert_allclose(table[["p_high", "p_low"]], said, atol=1e-5)
    assert table["label"].tolist() == ["high"] * 4 + ["low"] * 4
    (folder / "low" / "1.wav").write_bytes(b"RIFF")
    broken = seqvision.predict(record.folder, folder / "low" / "1.wav")
    assert broken["error"][0].startswith("not a WAV file, or damaged")


def test_a_table_a_series_is_read_as_the_models_own_were(waves, tmp_path):
    """Of one feature, and without times: a row is a step, not a series."""
    for case, table in waves.groupby("case"):
        file = tmp_path / "data" / table["split"].iloc[0] / table["label"].iloc[0] / f"{case}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        table[["wave"]].rename(columns={"wave": "v"}).fillna(0).to_csv(file, index=False)
    data = {"name": "csv_folder", "path": str(tmp_path / "data")}
    config = {**CONFIG, "data": {"dataset": data, "validation": 10}}
    record = seqvision.run(config, results=tmp_path / "results")
    with np.load(record.folder / "predictions.npz") as arrays:
        said = arrays["probabilities"]
    folder = tmp_path / "data" / "test"
    table = seqvision.predict(record.folder, folder, probabilities=True, labels_from_folders=True)
    np.testing.assert_allclose(table[P], said, atol=1e-5)
    assert table["label"].tolist() == ["fast"] * 10 + ["slow"] * 10
    first = next((folder / "fast").iterdir())
    first.with_suffix(".tsv").write_text(first.read_text())
    first, again = (
        seqvision.predict(record.folder, f, probabilities=True)
        for f in (first, first.with_suffix(".tsv"))
    )
    assert first[P].iloc[0].tolist() == again[P].iloc[0].tolist()


@pytest.fixture
def onnx_file(tmp_path):
    """The sums of what was observed, times weights: made in no time, and of any length."""
    from onnx import TensorProto, helper, numpy_helper

    given = helper.make_tensor_value_info("series", TensorProto.FLOAT, ["n", "steps", 2])
    got = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 3])
    constants = [
        numpy_helper.from_array(np.float32(0), "zero"),
        numpy_helper.from_array(np.array([1]), "axis"),
        numpy_helper.from_array(np.arange(6, dtype=np.float32).reshape(2, 3), "weights"),
    ]
    nodes = [
        helper.make_node("IsNaN", ["series"], ["absent"]),
        helper.make_node("Where", ["absent", "zero", "series"], ["filled"]),
        helper.make_node("ReduceSum", ["filled", "axis"], ["sums"], keepdims=0),
        helper.make_node("MatMul", ["sums", "weights"], ["logits"]),
    ]
    graph = helper.make_graph(nodes, "sums", [given], [got], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path / "sums.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_an_onnx_file_of_any_length_that_says_nothing_else(onnx_file, unseen, tmp_path):
    table = seqvision.predict(onnx_file, unseen, logits=True)
    sums = np.array([np.nansum(unseen[n], axis=0) for n in range(20)])
    weights = np.arange(6).reshape(2, 3)
    np.testing.assert_allclose(table[[f"logit_{n}" for n in range(3)]], sums @ weights, rtol=1e-5)
    np.savez(tmp_path / "x.npz", x=unseen.padded())
    from_file = seqvision.predict(onnx_file, tmp_path / "x.npz", logits=True)
    pd.testing.assert_frame_equal(from_file.iloc[:, 1:], table.iloc[:, 1:])


def test_a_model_of_a_fixed_number_of_steps_is_given_so_many(unseen):
    keras.utils.set_random_seed(0)
    model = seqvision.create_model("stacked", (8, 2), 2, units=4, input="series")
    each = [unseen[n][:8] for n in range(20)]
    table = seqvision.predict(model, [*each, np.ones((9, 2))], logits=True)
    expected = model.predict_on_batch(Series.of(each).padded(8))
    np.testing.assert_allclose(table[["logit_0", "logit_1"]][:20], expected, atol=1e-5)
    assert table["error"][20] == "has 9 steps, and the model reads 8 at most"
    assert answerer(model).facts.kind == "series"
