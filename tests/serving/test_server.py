"""The server as a process of its own: real sockets, and signals that end it."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from seqvision import extras
from seqvision.errors import SeqvisionError
from seqvision.presets.facts import Facts, add_to_archive
from seqvision.serving.app import create_app
from seqvision.serving.limits import Limits
from seqvision.serving.server import listen, url_of

HERE = Path(__file__).parent
SLOW = """\
import sys
sys.path.insert(0, sys.argv[1])
from conftest import Told
from seqvision.serving.app import create_app
from seqvision.serving.server import listen, serve, url_of

told = Told()
app = create_app(told.model())
told.delay = 0.7
listening = listen("127.0.0.1", 0)
serve(app, listening, lambda _: print(url_of(listening), flush=True))
print("ended", flush=True)
"""


def ask(url, image, path="/predict"):
    """Ask a server; return the status and what it says."""
    connection = http.client.HTTPConnection(url.split("/")[2], timeout=30)
    body = json.dumps({"pixels": np.asarray(image).tolist()})
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    return response.status, json.loads(response.read())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_what_is_being_answered_is_finished_when_it_ends(how):
    command = [sys.executable, "-c", SLOW, str(HERE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        url = server.stdout.readline().strip()
        answers = []
        image = np.zeros((28, 28))
        asking = threading.Thread(target=lambda: answers.append(ask(url, image)))
        asking.start()
        time.sleep(0.3)
        server.send_signal(how)
        asking.join(30)
        assert answers[0][0] == 200 and answers[0][1]["class"] == "9"
        assert server.wait(30) == 0 and server.stdout.read() == "ended\n"
    with pytest.raises(OSError):
        ask(url, image)


def test_a_request_that_does_not_arrive_is_given_up(running, told):
    url = running(create_app(told.model(), Limits(seconds=0.3)))
    host, port = url.split("/")[2].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as slow:
        head = f"POST /predict HTTP/1.1\r\nHost: {host}\r\nContent-Type: image/png\r\n"
        slow.sendall(f"{head}Content-Length: 100\r\n\r\nonly so far".encode())
        with slow.makefile("rb") as said:
            answer = said.read()  # Until the server closes the connection.
    assert answer.startswith(b"HTTP/1.1 408 ") and b"did not arrive within 0.3 s" in answer
    assert ask(url, np.zeros((28, 28)))[0] == 200


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A small causal model and its file."""
    import keras

    import seqvision

    keras.utils.set_random_seed(1)
    model = seqvision.create_model("stacked", (8, 6), 3, cell="lstm", units=[6], pooling="mean")
    model.set_weights([2 * weight for weight in model.get_weights()])
    path = tmp_path_factory.mktemp("serving") / "small.keras"
    model.save(path)
    add_to_archive(path, Facts((8, 6), ("cat", "dog", "eel"), temperature=1.5))
    return path, model


def test_the_command_serves_what_the_model_says(saved):
    path, model = saved
    image = np.random.default_rng(0).integers(0, 256, (8, 6))
    command = [sys.executable, "-m", "seqvision.cli", "serve", str(path), "--port", "0", "--json"]
    with subprocess.Popen(
        [*command, "--max-batch", "4"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        said = json.loads(server.stdout.readline())
        assert said["model"] == str(path)
        status, answer = ask(said["url"], image, "/predict?steps=true")
        assert status == 200
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0
        assert server.stdout.read() == "" and "Traceback" not in server.stderr.read()
    for steps in (8, 5):  # A model of the first steps alone says the same after them.
        prefix = _of_first_steps(model, steps)
        odds = np.exp(prefix(image[None, :steps].astype("float32")).numpy()[0] / 1.5)
        expected = odds / odds.sum()
        step = answer["steps"][steps - 1]
        np.testing.assert_allclose(step["probabilities"], expected, atol=1e-5)
        assert step["class"] == ("cat", "dog", "eel")[expected.argmax()]
    assert answer["probabilities"] == answer["steps"][-1]["probabilities"]


def _of_first_steps(model, steps):
    import seqvision

    first = seqvision.create_model("stacked", (steps, 6), 3, cell="lstm", units=[6], pooling="mean")
    first.set_weights(model.get_weights())
    return first


def test_whole_pictures_steps_and_streams_agree(saved, client_of):
    from seqvision.serving.open import open_model

    path, _ = saved
    image = np.random.default_rng(1).integers(0, 256, (8, 6)).tolist()
    with client_of(create_app(open_model(path, batch=4), max_batch=4)) as client:
        whole = client.post("/predict", json={"pixels": image}).json()
        steps = client.post("/predict?steps=true", json={"pixels": image}).json()
        first = client.post("/stream", json={"rows": image[:3]}).json()
        rest = client.post("/stream", json={"rows": image[3:], "state": first["state"]}).json()
    np.testing.assert_allclose(whole["probabilities"], steps["probabilities"], atol=1e-5)
    streamed = [step["probabilities"] for step in first["steps"] + rest["steps"]]
    expected = [step["probabilities"] for step in steps["steps"]]
    np.testing.assert_allclose(streamed, expected, atol=1e-5)


def test_a_port_that_is_in_use_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SeqvisionError, match=f"--port {port}: is in use"):
            listen("127.0.0.1", port)
    with pytest.raises(SeqvisionError, match=r"--host 192\.0\.2\.1: is no address of this machine"):
        listen("192.0.2.1", 0)
    with pytest.raises(SeqvisionError, match="--host no such name: is no address"):
        listen("no such name", 0)
    with listen("0.0.0.0", 0) as everywhere:
        assert url_of(everywhere).startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("missing", "arguments", "line"),
    [
        ("fastapi", [], "serve needs fastapi: pip install 'seqvision[serve]'"),
        ("ray", ["--ray", "auto"], "serve needs ray: pip install 'seqvision[serve-ray]'"),
    ],
)
def test_a_missing_extra_is_one_line(monkeypatch, capsys, missing, arguments, line):
    found = extras.find_spec
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == missing else found(name))
    assert command(monkeypatch, "anything", *arguments) == 2
    assert capsys.readouterr() == ("", f"error: {line}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.keras", "--port", "0"], "none.keras"),
        (["none.keras", "--replicas", "2"], "--replicas needs --ray"),
        (["none.keras", "--ray", "auto", "--load-test", "1"], "--load-test is of a server"),
        (["none.keras", "--max-batch", "0"], "--max-batch"),
        (["nameless.keras", "--port", "0"], "its classes have no names"),
    ],
)
def test_wrong_arguments_are_one_message(monkeypatch, capsys, tmp_path, saved, arguments, message):
    monkeypatch.chdir(tmp_path)
    if arguments[0] == "nameless.keras":
        saved[1].save("nameless.keras")
    assert command(monkeypatch, *arguments) == 2
    said = capsys.readouterr()
    assert said.out == "" and message in said.err and "Traceback" not in said.err


def command(monkeypatch, *arguments):
    """Call `seqvision serve ARGUMENTS` in this process; return its exit code."""
    from seqvision.cli import main

    monkeypatch.setattr(sys, "argv", ["seqvision", "serve", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


def test_clients_measure_a_server(monkeypatch, capsys, told, running):
    from seqvision.serving.load_test import load_test

    app = create_app(told.model())
    told.delay = 0.01
    host, port = running(app).split("/")[2].split(":")
    alone, beside = load_test(told.model(), host, int(port), 0.5, [2])
    assert alone["who"] == "model" and 100 < alone["answers_per_second"] <= 200
    assert alone["p50_ms"] >= 10 and alone["p99_ms"] >= alone["p50_ms"]
    assert beside["who"] == "server" and beside["at_once"] == 2 and beside["failed"] == 0
    assert 20 < beside["answers_per_second"] <= 200 and beside["p50_ms"] >= 10
