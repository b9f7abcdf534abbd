"""What the server answers, to good requests and to bad ones."""

import base64
import io
import json
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from seqvision.serving.app import create_app
from seqvision.serving.limits import Limits

ZEROS = [[0] * 28 for _ in range(28)]
ONE = [[255 * (12 <= x < 16) for x in range(28)] for _ in range(28)]


def png(pixels, mode="L", **options):
    file = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).convert(mode).save(file, "PNG", **options)
    return file.getvalue()


def predict(client, content, kind="image/png", **options):
    return client.post("/predict", content=content, headers={"Content-Type": kind}, **options)


def problem(response):
    """The one message of an error."""
    assert set(response.json()) == {"error"}, response.text
    return response.status_code, response.json()["error"]


def test_a_picture_is_answered_however_it_is_sent(client):
    picture = png(ONE)
    raw = predict(client, picture).json()
    assert raw["class"] == "1" and raw["notes"] == [] and raw["steps"] is None
    odds = np.exp([4, 8, 0, 0, 0, 0, 0, 0, 0, 1])
    np.testing.assert_allclose(raw["probabilities"], odds / odds.sum(), rtol=1e-6)
    assert [each["class"] for each in raw["top"]] == ["1", "0", "9"]
    assert raw["top"][0]["probability"] == raw["probability"] == max(raw["probabilities"])
    assert predict(client, picture, "application/octet-stream").json() == raw
    assert client.post("/predict", files={"file": ("one.png", picture)}).json() == raw
    assert client.post("/predict", json={"pixels": ONE}).json() == raw


def test_the_temperature_divides_the_logits(told, client_of):
    with client_of(create_app(told.model(temperature=2.0))) as client:
        said = client.post("/predict?top=1", json={"pixels": ONE}).json()
    odds = np.exp([2, 4, 0, 0, 0, 0, 0, 0, 0, 0.5])
    assert said["probability"] == pytest.approx(odds[1] / odds.sum())
    assert len(said["top"]) == 1


def test_steps_are_said_when_asked_for(client):
    late = [[0] * 28] * 10 + ONE[10:]
    said = client.post("/predict?steps=true", json={"pixels": late}).json()
    assert [step["class"] for step in said["steps"]] == ["9"] * 10 + ["1"] * 18
    assert said["steps"][-1]["probabilities"] == said["probabilities"]


def test_ink_on_paper_is_inverted_when_asked_and_noted_when_not(client):
    paper = png(255 - np.array(ONE))
    assert "invert=true" in predict(client, paper).json()["notes"][0]
    inverted = client.post(
        "/predict?invert=true", content=paper, headers={"Content-Type": "image/png"}
    )
    assert inverted.json()["class"] == "1" and inverted.json()["notes"] == []
    transparent = png(ONE, "RGBA")
    assert predict(client, transparent).json()["notes"] == []


def test_streamed_rows_are_what_the_whole_picture_is(client):
    late = [[0] * 28] * 10 + ONE[10:]
    whole = client.post("/predict?steps=true", json={"pixels": late}).json()["steps"]
    state, steps = None, []
    for begin, end in [(0, 1), (1, 12), (12, 13), (13, 28)]:
        sent = {"rows": late[begin:end], "state": state}
        said = client.post("/stream", json=sent).json()
        state = said["state"]
        steps += said["steps"]
    assert steps == whole
    # The state holds all: asked again from an earlier one, the server answers as before.
    assert client.post("/stream", json=sent).json() == said


def test_clients_are_answered_together_each_with_its_own_answer(client, told):
    told.delay = 0.02
    images = [ONE, ZEROS, [[9] + [0] * 27, *ZEROS[1:]]] * 5
    with ThreadPoolExecutor(15) as pool:
        asked = pool.map(lambda image: client.post("/predict", json={"pixels": image}), images)
        said = [response.json()["class"] for response in asked]
    assert said == ["1", "9", "0"] * 5
    sizes = told.sizes[2 * len([1, 4, 8]) * 2 :]  # Without the warming up.
    assert sum(sizes) == 15 and max(sizes) > 2 and len(sizes) < 10


def test_streams_of_unequal_length_side_by_side_are_filled_up_to_few_sizes(client, told):
    lengths = [1, 28, 3, 7, 28, 2]
    before = len(told.step_sizes)
    with ThreadPoolExecutor(6) as pool:
        asked = pool.map(lambda n: client.post("/stream", json={"rows": ONE[:n]}), lengths)
        said = [response.json()["steps"] for response in asked]
    assert [len(steps) for steps in said] == lengths
    assert all(step["class"] == "1" for steps in said for step in steps)
    assert set(told.step_sizes[before:]) <= {1, 4, 8}


def test_health_and_openapi_say_what_is_served(client):
    health = client.get("/health").json()
    assert health["status"] == "ok" and health["model"] == "told"
    assert health["input_shape"] == [28, 28] and health["class_names"] == list("0123456789")
    assert health["steps"] == 28 and health["stream"] == {"values": 28}
    described = client.get("/openapi.json").json()
    assert set(described["paths"]) == {"/predict", "/stream", "/health"}
    body = described["paths"]["/predict"]["post"]["requestBody"]["content"]
    assert set(body) == {
        "image/*",
        "application/octet-stream",
        "multipart/form-data",
        "application/json",
    }
    answer = described["components"]["schemas"]["Answer"]["properties"]
    assert set(answer) == {"class", "probability", "top", "probabilities", "steps", "notes"}
    # Documentation that loads its scripts from elsewhere is not offered.
    assert problem(client.get("/docs"))[0] == problem(client.get("/redoc"))[0] == 404


def test_the_page_may_load_only_its_own(client):
    page = client.get("/")
    assert page.headers["content-security-policy"].startswith(
        "default-src 'none'; script-src 'self'"
    )
    assert "http:" not in page.text and "https:" not in page.text
    for name in ("page.css", "page.js", "drawing.js"):
        assert name in page.text and client.get(f"/page/{name}").status_code == 200
    assert problem(client.get("/page/app.py"))[0] == 404
    assert (
        "access-control-allow-origin"
        not in client.get("/health", headers={"Origin": "http://e.vil"}).headers
    )


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_this_machine_s_own_names_are_answered(client, host):
    assert client.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "localhost.evil.example"])
def test_another_name_is_refused_unless_a_host_was_given(client, client_of, told, host):
    status, message = problem(client.get("/health", headers={"Host": host}))
    assert status == 421 and "--host" in message
    with client_of(create_app(told.model(), local=False)) as anyones:
        assert anyones.get("/health", headers={"Host": host}).status_code == 200


JSON, PNG, FORM = "application/json", "image/png", "multipart/form-data"
NO_FILE = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
CUT = png(np.random.default_rng(0).integers(0, 255, (90, 90)))[:4000]


def claiming(side):
    """A PNG of a few bytes whose header says that it is so large."""
    chunks = b"IHDR" + side.to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0]), b"IDAT"
    lengths = ((len(chunk) - 4).to_bytes(4, "big") for chunk in chunks)
    checks = (zlib.crc32(chunk).to_bytes(4, "big") for chunk in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        length + chunk + check for length, chunk, check in zip(lengths, chunks, checks, strict=True)
    )


def with_one(pixel, **more):
    """JSON of pixels, one of which is replaced."""
    return json.dumps({"pixels": ONE, **more}).replace("255", pixel, 1).encode()


BAD = {
    "no picture": (b"not a picture", PNG, 422, "no picture that can be read"),
    "a cut picture": (CUT, PNG, 422, "cannot be read"),
    "a bomb": (claiming(10_000), PNG, 413, "10,000×10,000 pixels; at most 50,000,000"),
    "a larger bomb": (claiming(60_000), PNG, 422, "too large a picture"),
    "nothing": (b"", PNG, 422, "the request is empty"),
    "another type": (b"a=b", "application/x-www-form-urlencoded", 415, "image/png"),
    "no type": (b"x", "", 415, "image/png"),
    "a form without a file": (NO_FILE, f"{FORM}; boundary=x", 422, "no file"),
    "a form without a boundary": (b"x", FORM, 422, "cannot be read"),
    "no JSON": (b"{", JSON, 422, "no JSON"),
    "no object": (b"[1]", JSON, 422, "no object"),
    "not UTF-8": (b"\xff\xfe\xfd", JSON, 422, "no JSON"),
    "deep JSON": (b"[" * 20_000, JSON, 422, "no JSON"),
    "no pixels": (b"{}", JSON, 422, "pixels: expected"),
    "another shape": (b'{"pixels": [[1, 2], [3, 4]]}', JSON, 422, "28×28 numbers, got 2×2"),
    "no rectangle": (b'{"pixels": [[1, 2], [3]]}', JSON, 422, "equally long"),
    "text": (b'{"pixels": [["a", "b"]]}', JSON, 422, "equally long lists of numbers"),
    "NaN": (with_one("NaN"), JSON, 422, "NaN is no number"),
    "infinite": (with_one("1e999"), JSON, 422, "0 (black) to 255 (white), got 0 to inf"),
    "huge": (with_one("9" * 400), JSON, 422, "numbers"),
    "negative": (with_one("-1"), JSON, 422, "got -1 to 255"),
    "much beside": (with_one("0", more="x" * 50_000), JSON, 413, "larger than JSON of 784"),
}


@pytest.mark.parametrize("which", BAD)
def test_a_bad_picture_is_one_message(client, which):
    content, kind, status, message = BAD[which]
    response = problem(predict(client, content, kind))
    assert response[0] == status and message in response[1]
    assert "\n" not in response[1] and "BytesIO" not in response[1]
    assert predict(client, png(ONE)).status_code == 200


STATE = base64.b64encode(np.zeros(2, "<f4").tobytes()).decode()
BAD_STREAMS = {
    "another width": ({"rows": [[1, 2]]}, "expected (steps, 28) numbers"),
    "one row flat": ({"rows": [0] * 28}, "expected (steps, 28) numbers"),
    "no rows": ({"rows": []}, "rows: expected"),
    "beyond white": ({"rows": [[256] * 28]}, "0 (black) to 255 (white)"),
    "a state of another model": ({"rows": ONE, "state": STATE + STATE}, "none of this model"),
    "a state that is no text": ({"rows": ONE, "state": 3}, "none of this model"),
    "a state that is no base64": ({"rows": ONE, "state": "é"}, "none of this model"),
    "an infinite state": (
        {"rows": ONE, "state": base64.b64encode(np.full(2, np.inf, "<f4").tobytes()).decode()},
        "NaN or infinite",
    ),
}


@pytest.mark.parametrize("which", BAD_STREAMS)
def test_a_bad_stream_is_one_message(client, which):
    content, message = BAD_STREAMS[which]
    status, said = problem(client.post("/stream", json=content))
    assert status == 422 and message in said


def test_other_bad_requests_are_one_message(client):
    assert problem(client.post("/predict?top=0", json={"pixels": ONE}))[0] == 422
    assert "top" in problem(client.post("/predict?top=many", json={"pixels": ONE}))[1]
    assert problem(client.get("/predict"))[0] == 405
    assert problem(client.get("/nowhere"))[0] == 404
    assert problem(client.post("/stream", content=b"x"))[0] == 415


def test_a_model_that_looks_ahead_says_that_it_has_no_steps(told, client_of):
    with client_of(create_app(told.model(causal=False))) as client:
        assert client.post("/predict", json={"pixels": ONE}).json()["class"] == "1"
        for response in (
            client.post("/predict?steps=true", json={"pixels": ONE}),
            client.post("/stream", json={"rows": ONE}),
        ):
            status, message = problem(response)
            assert status == 409 and "as a whole" in message
        assert client.get("/health").json()["stream"] is None


def test_a_failing_model_is_said_and_the_next_request_is_answered(client, told):
    told.delay = -1  # `time.sleep` refuses it.
    status, message = problem(client.post("/predict", json={"pixels": ONE}))
    assert status == 500 and "log" in message
    told.delay = 0.0
    assert client.post("/predict", json={"pixels": ONE}).status_code == 200


def test_too_much_is_cut(told, client_of):
    limits = Limits(body=20_000, pixels=100_000, steps=10)
    with client_of(create_app(told.model(), limits)) as client:
        assert problem(predict(client, bytes(20_001)))[0] == 413
        parts = (bytes(1000) for _ in range(30))  # Without a length that would tell.
        assert problem(predict(client, parts))[0] == 413
        status, message = problem(predict(client, png(np.zeros((400, 400)))))
        assert status == 413 and "400×400 pixels" in message
        assert problem(client.post("/stream", json={"rows": ONE[:11]}))[0] == 413


def test_requests_beyond_the_bound_are_told_to_come_again(told, client_of):
    app = create_app(told.model(), Limits(requests=3))
    told.delay = 0.3
    with client_of(app) as client:
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(client.post, "/predict", json={"pixels": ONE}) for _ in range(8)]
            responses = [each.result() for each in asked]
        codes = sorted(response.status_code for response in responses)
        assert codes == [200] * 3 + [503] * 5
        refused = next(r for r in responses if r.status_code == 503)
        assert refused.headers["retry-after"] == "1" and "again" in problem(refused)[1]
        assert client.post("/predict", json={"pixels": ONE}).status_code == 200
