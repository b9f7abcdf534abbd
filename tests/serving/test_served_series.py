"""A server of a model of series: raw numbers of any length, with gaps, in JSON or in a file."""

import io
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

pytest.importorskip("fastapi")

from scipy.io import wavfile
from scipy.special import softmax

from seqvision.data.series import Series
from seqvision.presets.facts import Facts, add_to_archive
from seqvision.serving.app import create_app
from seqvision.serving.limits import Limits
from seqvision.serving.open import open_model

CLASSES = ("still", "walks", "runs")


def built(path, features=2, facts=None, **options):
    """A small model of series with weights far from zero, and its file."""
    import keras

    import seqvision

    keras.utils.set_random_seed(1)
    options = {"cell": "gru", "units": [5], "input": "series", **options}
    model = seqvision.create_model("stacked", (None, features), 3, **options)
    generator = np.random.default_rng(2)
    model.set_weights([w + generator.normal(0, 0.5, w.shape) for w in model.get_weights()])
    model.save(path)
    add_to_archive(path, facts or Facts((None, features), CLASSES, "series"))
    return model


def app_of(path, *limits):
    """Of small batches, as each size is warmed up."""
    return create_app(open_model(path, batch=2), *limits, max_batch=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("series")


@pytest.fixture(scope="module")
def saved(folder):
    path = folder / "small.keras"
    return path, built(path, pooling="mean", input={"name": "series", "gaps": "hold"})


@pytest.fixture(scope="module")
def client(saved, client_of):
    """Of one application for all tests, as it takes a second to warm up."""
    limits = Limits(steps=50, series=20)
    app = create_app(open_model(saved[0], "small", batch=8), limits, max_batch=8, max_wait=0.02)
    with client_of(app) as client:
        yield client


def expected(model, *series):
    """What the model says of each series alone."""
    return [
        softmax(np.asarray(model(np.asarray(one, np.float32)[None])).astype(float)[0])
        for one in series
    ]


def draw(length, features=2, seed=0):
    values = np.random.default_rng(seed + length).normal(2, 3, (length, features))
    values[length // 2, 0] = np.nan
    return values


def plain(series):
    """As JSON has it: null where there is none."""
    return [[None if np.isnan(v) else v for v in row] for row in np.asarray(series).tolist()]


def problem(response):
    assert set(response.json()) == {"error"}, response.text
    return response.status_code, response.json()["error"]


def test_a_series_is_answered_as_the_model_does(client, saved):
    one = draw(9)
    said = client.post("/predict", json={"series": plain(one)}).json()
    (right,) = expected(saved[1], one)
    np.testing.assert_allclose(said["probabilities"], right, atol=1e-5)
    assert said["class"] == CLASSES[right.argmax()] and said["steps"] is None
    assert len(said["top"]) == 3 and said["notes"] == []


def test_several_of_unequal_length_are_answered_as_each_alone(client, saved):
    several = [draw(n) for n in (1, 30, 4, 17, 2)]
    body = {"several": [plain(one) for one in several]}
    said = client.post("/predict?steps=true", json=body).json()["answers"]
    assert [each["series"] for each in said] == ["1", "2", "3", "4", "5"]
    for each, one, right in zip(said, several, expected(saved[1], *several), strict=True):
        np.testing.assert_allclose(each["probabilities"], right, atol=1e-5)
        assert len(each["steps"]) == len(one)
        (half,) = expected(saved[1], one[: (len(one) + 1) // 2])
        step = each["steps"][(len(one) + 1) // 2 - 1]
        np.testing.assert_allclose(step["probabilities"], half, atol=1e-5)


def test_clients_are_answered_together_padded_and_masked(saved, client_of):
    path, model = saved
    opened = open_model(path, batch=8)
    batches = []

    def logits(samples):
        batches.append(samples)
        return opened.logits(samples)

    from dataclasses import replace

    app = create_app(replace(opened, logits=logits), max_batch=8, max_wait=0.2)
    batches.clear()  # Without the warming up.
    several = [draw(n) for n in (3, 40, 12, 7)]
    with client_of(app) as client, ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(client.post, "/predict", json={"series": plain(s)}) for s in several]
        said = [each.result().json()["probabilities"] for each in asked]
    np.testing.assert_allclose(said, expected(model, *several), atol=1e-5)
    assert sum(map(len, batches)) == 4 and len(batches) < 4
    assert all(isinstance(batch, Series) for batch in batches)


def test_one_feature_may_be_a_flat_list(folder, client_of):
    model = built(folder / "flat.keras", features=1)
    with client_of(app_of(folder / "flat.keras")) as client:
        flat = client.post("/predict", json={"series": [1.5, None, 2]}).json()
        nested = client.post("/predict", json={"series": [[1.5], [None], [2]]}).json()
        several = client.post("/predict", json={"several": [[1.5, None, 2], [[4.0]]]}).json()
        rows = client.post("/stream", json={"rows": [1.5, None, 2]}).json()["steps"]
        table = client.post("/predict", content="time,x\n1,1.5\n2,\n3,2\n", headers=CSV).json()
    (right,) = expected(model, [[1.5], [np.nan], [2]])
    np.testing.assert_allclose(flat["probabilities"], right, atol=1e-5)
    assert flat == nested
    for same in (several["answers"][0], rows[-1], table["answers"][0]):
        np.testing.assert_allclose(same["probabilities"], right, atol=1e-5)


CSV = {"Content-Type": "text/csv"}
TABLE = "id,time,x,y\nb,1,0.5,\nb,2,1,2\na,2,7,8\na,1,5,6\n"


def test_a_table_is_answered_each_series_by_its_id(client, saved, caplog):
    caplog.set_level("INFO")
    right = expected(saved[1], [[0.5, np.nan], [1, 2]], [[5, 6], [7, 8]])
    for said in (
        client.post("/predict", content=TABLE, headers=CSV),
        client.post("/predict", files={"file": ("new.csv", TABLE)}),
    ):
        answers = {each["series"]: each["probabilities"] for each in said.json()["answers"]}
        np.testing.assert_allclose([answers["b"], answers["a"]], right, atol=1e-5)
        assert any("each row is a step" in note for note in said.json()["notes"])
    assert "each row is a step" not in caplog.text  # What strangers send is not for the log.


def test_a_file_of_the_archives_is_answered(client, saved):
    text = "@problemName x\n@univariate false\n@classLabel true a b\n@data\n1,2,?:3,4,5:a\n9:8:b\n"
    said = client.post("/predict", files={"file": ("new.ts", text)}).json()["answers"]
    right = expected(saved[1], [[1, 3], [2, 4], [np.nan, 5]], [[9, 8]])
    np.testing.assert_allclose([each["probabilities"] for each in said], right, atol=1e-5)


def sound(samples, rate=8000):
    file = io.BytesIO()
    wavfile.write(file, rate, samples)
    return file.getvalue()


def test_sound_is_answered_by_a_model_of_sound(folder, client_of):
    from seqvision.prediction.api import predict

    data = {"name": "wav_folder", "path": "x", "n_mels": 4, "rate": 4000}
    facts = Facts((None, 4), CLASSES, "series", data=data)
    built(folder / "sound.keras", 4, facts)
    wave = np.random.default_rng(0).integers(-9000, 9000, 4000).astype(np.int16)
    (folder / "one.wav").write_bytes(sound(wave))
    right = predict(folder / "sound.keras", folder / "one.wav", probabilities=True)
    with client_of(app_of(folder / "sound.keras", Limits(steps=200))) as client:
        said = client.post("/predict", content=sound(wave), headers={"Content-Type": "audio/wav"})
        assert said.json()["answers"][0]["probability"] == pytest.approx(
            right["probability"][0], abs=1e-5
        )
        # A few bytes that would be an hour of steps.
        slow = client.post("/predict", files={"file": ("a.wav", sound(wave, rate=1))})
        assert problem(slow)[0] == 413 and "at most 200" in problem(slow)[1]


def test_streamed_steps_are_what_the_whole_says(client):
    one = plain(draw(11))
    whole = client.post("/predict?steps=true", json={"series": one}).json()
    state, steps = None, []
    for begin, end in [(0, 1), (1, 7), (7, 11)]:
        said = client.post("/stream", json={"rows": one[begin:end], "state": state}).json()
        state = said["state"]
        steps += said["steps"]
    streamed = [step["probabilities"] for step in steps]
    np.testing.assert_allclose(
        streamed, [step["probabilities"] for step in whole["steps"]], atol=1e-5
    )
    np.testing.assert_allclose(streamed[-1], whole["probabilities"], atol=1e-5)


def test_a_model_that_looks_ahead_says_why_it_has_no_steps(folder, client_of):
    built(folder / "each.keras", input={"name": "series", "normalize": "each"})
    with client_of(app_of(folder / "each.keras")) as client:
        assert client.post("/predict", json={"series": [[1, 2]]}).status_code == 200
        for response in (
            client.post("/predict?steps=true", json={"series": [[1, 2]]}),
            client.post("/stream", json={"rows": [[1, 2]]}),
        ):
            status, message = problem(response)
            assert status == 409 and "normalize: each takes the mean" in message
        assert client.get("/health").json()["stream"] is None
        assert "/stream" not in client.get("/").text


def test_a_model_of_a_fixed_number_of_steps_reads_so_many(folder, client_of):
    import keras

    model = keras.Sequential([keras.Input((4, 2)), keras.layers.Flatten(), keras.layers.Dense(3)])
    model.save(folder / "fixed.keras")
    add_to_archive(folder / "fixed.keras", Facts((4, 2), CLASSES, "series"))
    with client_of(app_of(folder / "fixed.keras")) as client:
        said = client.post("/predict", json={"series": [[1, 2]] * 4}).json()
        (right,) = expected(model, [[1, 2]] * 4)
        np.testing.assert_allclose(said["probabilities"], right, atol=1e-5)
        status, message = problem(client.post("/predict", json={"series": [[1, 2]] * 5}))
        assert status == 422 and "5 steps, and the model reads 4" in message


def test_health_and_openapi_say_that_it_reads_series(client):
    health = client.get("/health").json()
    assert (health["kind"], health["input_shape"]) == ("series", [None, 2])
    assert health["steps"] is None and health["stream"] == {"values": 2}
    described = client.get("/openapi.json").json()
    post = described["paths"]["/predict"]["post"]
    assert {each["name"] for each in post["parameters"]} == {"top", "steps"}
    body = post["requestBody"]["content"]
    assert {"application/json", "multipart/form-data", "text/csv"} <= set(body)
    one, several = body["application/json"]["schema"]["oneOf"]
    assert one["properties"]["series"]["items"]["maxItems"] == 2
    assert several["required"] == ["several"]
    assert "null" in json.dumps(one)
    rows = described["paths"]["/stream"]["post"]["requestBody"]["content"]["application/json"]
    assert "null" in json.dumps(rows["schema"]["properties"]["rows"])


BAD = {
    "neither": ({}, 422, "one of series and several"),
    "both": ({"series": [], "several": []}, 422, "one of series and several"),
    "empty": ({"series": []}, 422, "series: has no observed value"),
    "no series": ({"several": []}, 422, "several: expected a list of series"),
    "nothing observed": ({"series": [[None, None]]}, 422, "series: has no observed value"),
    "other features": ({"series": [[1, 2, 3]]}, 422, "expected (steps, 2) numbers, got (1, 3)"),
    "flat": ({"series": [1, 2, 3]}, 422, "expected (steps, 2) numbers, got (3,)"),
    "unequal steps": ({"series": [[1, 2], [3]]}, 422, "as many in each step"),
    "text": ({"series": [["1", "2"]]}, 422, "expected numbers or null"),
    "truth": ({"series": [[True, 2]]}, 422, "expected numbers or null"),
    "a number": ({"series": 3}, 422, "expected a list"),
    "huge": ({"series": [[1e39, 2]]}, 422, "too large for float32"),
    "of many digits": ({"series": [[10**400, 2]]}, 422, "expected numbers or null"),
    "too long": ({"series": [[1, 2]] * 51}, 413, "series: has 51 steps; at most 50"),
    "one too long": ({"several": [[[1, 2]], [[1, 2]] * 51]}, 413, "series 2: has 51 steps"),
    "too many": ({"several": [[[1, 2]]] * 21}, 413, "21 series in a request; at most 20"),
    "one is bad": ({"several": [[[1, 2]], [[None, None]]]}, 422, "series 2: has no observed"),
}


@pytest.mark.parametrize("which", BAD)
def test_a_bad_series_is_one_message(client, which):
    content, status, message = BAD[which]
    said = problem(client.post("/predict", json=content))
    assert said[0] == status and message in said[1]
    assert "\n" not in said[1]
    assert client.post("/predict", json={"series": [[1, 2]]}).status_code == 200


FILES = {
    "text in a column": ("a.csv", "id,time,x,y\na,1,one,2\n", 422, "the file:2"),
    "other columns": ("a.csv", "id,time,x\na,1,2\n", 422, "the file: has the features x (1)"),
    "no rows": ("a.csv", "id,time,x,y\n", 422, "the file: has no rows"),
    "another ending": ("a.npz", "x", 415, ".npz, not .csv"),
    "no ending": ("a", "x", 415, "ends in nothing"),
    "nothing": ("a.csv", "", 422, "the request is empty"),
    "sound": ("a.wav", "RIFF", 422, "is sound, and the model was trained on another dataset"),
    "nothing observed": (
        "a.csv",
        "id,time,x,y\nq,1,,\n",
        422,
        "the file: series q: has no observed value",
    ),
    "too long": (
        "a.csv",
        "id,time,x,y\n" + "".join(f"a,{t},1,2\n" for t in range(51)),
        413,
        "series a: has 51 steps",
    ),
}


@pytest.mark.parametrize("which", FILES)
def test_a_bad_file_is_one_message(client, which):
    name, text, status, message = FILES[which]
    said = problem(client.post("/predict", files={"file": (name, text)}))
    assert said[0] == status and message in said[1]
    assert "\n" not in said[1] and "/tmp" not in said[1]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1, 2, 3]], "expected (steps, 2) numbers"),
        ([], "rows: expected"),
        ([[1, "2"]], "expected numbers or null"),
        ([[1e39, 2]], "too large"),
    ],
)
def test_a_bad_step_is_one_message(client, rows, message):
    status, said = problem(client.post("/stream", json={"rows": rows}))
    assert status == 422 and message in said


def test_other_bodies_are_refused(client):
    for path in ("/predict", "/stream"):
        status, message = problem(client.post(path, content=b"x"))
        assert status == 415 and "null" in message
    assert problem(client.post("/predict", content=b"{", headers=JSON))[0] == 422
    nan = client.post("/predict", content=b'{"series": [[NaN, 1]]}', headers=JSON)
    assert problem(nan) == (422, "the request is no JSON: NaN is no number of JSON")


JSON = {"Content-Type": "application/json"}


@pytest.mark.slow
def test_clients_measure_a_server_of_series(saved, running):
    from seqvision.serving.load_test import load_test

    model = open_model(saved[0], batch=2)
    host, port = running(create_app(model, max_batch=2)).split("/")[2].split(":")
    alone, beside = load_test(model, host, int(port), 0.3, [2])
    assert alone["answers_per_second"] > 0 and beside["answers_per_second"] > 0
    assert beside["failed"] == 0


@pytest.mark.usefixtures("browser")
def test_the_page_reads_what_is_written_and_files(saved, running, browser):
    url = running(app_of(saved[0]))
    page = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
    wrong = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith((url, "data:")) else wrong.append(r.url))
    page.goto(url)
    one = np.array([[0.5, np.nan], [4, -2], [3, 8]])
    (right,) = expected(saved[1], one)

    def said():
        page.wait_for_selector("body:not([data-asking])", state="attached")
        return page.locator("#answer").inner_text()

    answer = f"{100 * right.max():.1f} %"
    for text in ("0.5,\n4,-2\n3,8\n", "0.5 nan\n4 -2\n3 8", "[[0.5, null], [4, -2], [3, 8]]"):
        page.locator("#text").fill(text)
        page.get_by_role("button", name="Ask").click()
        page.wait_for_function("text => document.body.innerText.includes(text)", arg=answer)
        assert CLASSES[right.argmax()] in said()
        assert page.evaluate("document.getElementById('beliefs').width") == 3
        page.evaluate("document.getElementById('answer').textContent = ''")
    page.locator("#file").set_input_files(
        {"name": "new.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}
    )
    page.wait_for_selector("#several tbody tr")
    assert page.locator("#several tbody tr").all_inner_texts()[0].startswith("b\t")
    assert "2" in said() and "series were read" in said()
    assert wrong == []
    page.locator("#text").fill("1,2,3")
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector("#problem:not([hidden])")
    assert "expected (steps, 2) numbers" in page.locator("#problem").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.context.close()
