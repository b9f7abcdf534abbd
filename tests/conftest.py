"""Every test runs without a network, with no data but what it makes or the package brings."""

import gc
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("JAX_ENABLE_X64", "1")  # Gradients are checked in float64.

import numpy as np
import pytest

# Where whoever began the tests ignores Ctrl-C, as a shell does in the background, so would what
# the tests begin.
signal.signal(signal.SIGINT, signal.default_int_handler)


UNTIL = float(os.environ.get("SEQVISION_TESTS_UNTIL", "inf"))
"""Seconds since 1970, from when on no test is begun: where a machine is lent for so long."""


@pytest.hookimpl(tryfirst=True)  # Before fixtures that draw, of whichever scope.
def pytest_runtest_setup():
    """Keras draws the seeds of all that was given none from these.

    What fails so fails in every run, not in one of a hundred.
    """
    if time.time() > UNTIL:
        pytest.skip("NO TIME WAS LEFT")
    random.seed(0)
    np.random.seed(0)


@pytest.fixture(autouse=True)
def _no_data_of_this_machine(monkeypatch, tmp_path_factory):
    for name in ("SEQVISION_DATA", "SEQVISION_WEIGHTS", "SEQVISION_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SEQVISION_CACHE_GB", "0")  # Pictures are kept where a test wants it.
    monkeypatch.setenv("KERAS_HOME", str(tmp_path_factory.getbasetemp() / "keras"))


@pytest.fixture(scope="session")
def gradients_of():
    """The gradients of what a function returns to Keras variables, on any backend."""
    return _gradients


def _gradients(loss, variables):
    import keras
    from keras import ops

    if keras.backend.backend() == "torch":
        import torch

        values = torch.autograd.grad(loss(), [v.value for v in variables], allow_unused=True)
        return [None if v is None else ops.convert_to_numpy(v) for v in values]
    if keras.backend.backend() == "jax":
        import jax

        def stateless(values):
            with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
                return loss()

        return [np.asarray(g) for g in jax.grad(stateless)([v.value for v in variables])]
    import tensorflow as tf

    with tf.GradientTape() as tape:
        value = loss()
    gradients = tape.gradient(value, [v.value for v in variables])
    return [None if g is None else np.asarray(g) for g in gradients]


@pytest.fixture(scope="session")
def new_process():
    """Run code in a process that has imported TensorFlow, and no Keras; return what it prints.

    Each is the fork of one, as the import of TensorFlow takes most of a process's time.
    """
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", FORKS], **pipes) as forks:

        def run(code):
            forks.stdin.write(json.dumps([code, dict(os.environ)]) + "\n")
            forks.stdin.flush()
            status, out, err = json.loads(forks.stdout.readline())
            assert status == 0, err
            return out

        yield run
        forks.stdin.close()


FORKS = """
import gc, json, os, sys, tempfile
sys.modules["keras"] = None  # Else TensorFlow imports it.
import tensorflow
del sys.modules["keras"]
gc.freeze()  # What is looked at is copied.
for line in sys.stdin:
    code, environment = json.loads(line)
    said = [tempfile.TemporaryFile("w+") for _ in range(2)]
    child = os.fork()
    if not child:
        os.environ.clear()
        os.environ.update(environment)
        os.dup2(said[0].fileno(), 1)
        os.dup2(said[1].fileno(), 2)
        exec(code, {})
        sys.exit()
    _, status = os.waitpid(child, 0)
    for file in said:
        file.seek(0)
    print(json.dumps([status, *(file.read() for file in said)]), flush=True)
"""


@pytest.fixture(scope="session")
def performed_here():
    """In place of `Local.__call__`: does here, one by one, what a process of its own would do.

    Such a process spends most of its time on the import of TensorFlow. They are tested in
    tests/sweep.
    """
    from seqvision.sweep.schedule import outcome_of
    from seqvision.sweep.worker import FINAL_EVENTS, carry_out, order

    one_by_one = threading.Lock()

    def perform(self, job, listener):
        events = []

        def send(event):
            events.append(json.loads(json.dumps(event, default=str)))
            if event["event"] not in (*FINAL_EVENTS, "log", "ask"):
                listener.event(job, events[-1])

        sent = json.loads(json.dumps(order(job, self.cores_a_run, self.loggers)))
        with one_by_one:
            carry_out(sent, send, lambda: listener.event(job, events[-1]))
        return outcome_of(job, events[-1])

    return perform


REWRITTEN = ("cli", "sweep", "test_engine_tensorflow", "test_guides", "test_run")
"""Where TensorFlow rewrites graphs before it runs them, as it does for users: what is compared with
other processes, and layers whose graphs are what is tested.
"""


@pytest.fixture(scope="module", autouse=True)
def graphs_as_traced(request):
    """Elsewhere it runs them as they are traced.

    To rewrite them is a third of the time of the small graphs of tests, which run a few times.
    """
    rewritten = {request.path.stem, *request.path.parts}.intersection(REWRITTEN)
    tensorflow = None if rewritten else sys.modules.get("tensorflow")
    if tensorflow is None or os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow":
        yield
        return
    choose = tensorflow.config.optimizer.set_experimental_options
    choose({"disable_meta_optimizer": True})
    yield
    choose({"disable_meta_optimizer": False})


SLOWEST = (
    "test_guides",
    "test_series_page",
    "test_notebooks",
    "test_plugin_template",
    "test_processes",
    "test_cluster",
    "test_replicas",
    "test_padding_changes_nothing",
    "test_export_series",
    "test_local",
    "test_contracts",
    "test_elementwise",
    "test_run",
    "test_fine_tuning",
    "test_exporting",
    "test_streaming",
    "test_export_table",
    "test_bench",
    "test_import",
    "test_stream",
    "test_prefixes",
    "test_series_run",
    "test_export",
)
"""The files that take longest, a quarter of a minute and more, begun first: no process is left with
one at the end, and where time runs out what documents tell has been done.
"""


def pytest_collection_finish():
    """What was imported stays, and is not looked through for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 10)


def pytest_collection_modifyitems(items):
    """Tests of TensorFlow's graphs, or against its cells, have nothing to say of other backends."""
    places = {name: place for place, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(SLOWEST)))
    if os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow":
        for item in items:
            if item.get_closest_marker("tensorflow"):
                item.add_marker(pytest.mark.skip(reason="of TensorFlow"))


if os.environ.get("KERAS_BACKEND") == "torch":
    import torch

    # NumPy may read what wants gradients, as it does with the other backends.
    torch.Tensor.__array__ = lambda self, dtype=None, copy=None: (
        self.detach().to(torch.float32 if self.dtype == torch.bfloat16 else self.dtype).numpy()
    )

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser():
    """Debian's or another Chromium, driven by Playwright."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser):
    """Open a file as a person would; afterwards nothing may have gone wrong."""
    wrong, contexts = [], []

    def open_page(path, ready="body[data-drawn]", **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append("dialog"), dialog.dismiss()))
        page.on("request", lambda request: wrong.append(request.url) if _is_sent(request) else None)
        page.goto(path.as_uri())
        page.wait_for_selector(ready, state="attached")
        return page

    def _is_sent(request):
        return not request.url.startswith("data:") and not request.is_navigation_request()

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []
