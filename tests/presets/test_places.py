"""Where weights are looked for, and how they are downloaded: from a server of this machine."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from seqvision.errors import SeqvisionError
from seqvision.formatting import size
from seqvision.presets.places import cache_folder, weights_file, where_it_is

NAME = "tiny.shapes.weights.h5"


@contextlib.contextmanager
def serving(answer):
    """A server that gives each request to `answer(handler)`; yields its address and requests."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            answer(self)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def says(content, status=200, sent=None):
    """Answers with content of which only the first `sent` bytes come."""

    def answer(handler):
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[:sent])

    return answer


@pytest.fixture
def content(made):
    return (made.folder / "model.weights.h5").read_bytes()


def test_what_is_here_asks_nothing_of_the_network(listed, content, tmp_path, monkeypatch):
    with serving(says(content)) as (address, asked):
        facts = listed(f"{address}/{NAME}")
        own = tmp_path / "own"
        own.mkdir()
        monkeypatch.setenv("SEQVISION_WEIGHTS", str(own))
        for place, folder in (("SEQVISION_WEIGHTS", own), ("package", tmp_path / "package")):
            (folder / NAME).write_bytes(content)
            assert where_it_is(facts) == (place, folder / NAME)
            assert weights_file(facts) == folder / NAME
        assert asked == []


def test_a_download_is_kept(listed, content):
    with serving(says(content)) as (address, asked):
        facts = listed(f"{address}/files/{NAME}")
        assert where_it_is(facts) is None
        file = weights_file(facts)
        assert file.read_bytes() == content
        assert [file] == list(cache_folder().iterdir())
        assert where_it_is(facts) == ("cache", file)
        assert weights_file(facts) == file
        assert asked == [f"/files/{NAME}"]
        file.write_bytes(content[:-1])  # Damaged: it is downloaded anew.
        assert weights_file(facts).read_bytes() == content
        assert len(asked) == 2


def test_an_address_of_ones_own_comes_first(listed, content, monkeypatch):
    with serving(says(content)) as (address, asked):
        facts = listed(f"{address}/others/{NAME}")
        monkeypatch.setenv("SEQVISION_WEIGHTS", f"{address}/mine/")
        weights_file(facts)
        assert asked == [f"/mine/{NAME}"]


def test_the_next_address_is_tried(listed, content):
    def answer(handler):
        says(content, status=200 if "good" in handler.path else 503)(handler)

    with serving(answer) as (address, asked):
        facts = listed("file:///etc/passwd", f"{address}/busy", f"{address}/good")
        assert weights_file(facts).read_bytes() == content
        assert asked == ["/busy", "/good"]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda content: says(content, sent=len(content) // 2), "was cut short: "),
        (lambda content: says(content[:-9]), "was cut short: "),
        (lambda content: says(b"x" * len(content)), "is another file: its SHA-256 is "),
        (lambda content: says(content + b"x" * 10**6), "is another file: its SHA-256 is "),
        (lambda content: says(b"", status=404), "404 Not Found"),
    ],
    ids=["cut", "short", "another", "too long", "none"],
)
def test_what_fails_leaves_nothing(answer, message, listed, content):
    with serving(answer(content)) as (address, _):
        facts = listed(f"{address}/{NAME}")
        with pytest.raises(SeqvisionError) as caught:
            weights_file(facts)
    told = str(caught.value)
    assert message in told and f"asked {address}/{NAME} (" in told and "\n" not in told
    assert not cache_folder().exists() or list(cache_folder().iterdir()) == []


def test_an_error_names_all_that_was_tried(listed, tmp_path, monkeypatch):
    facts = listed("http://127.0.0.1:9/none")
    with pytest.raises(SeqvisionError) as caught:
        weights_file(facts)
    told = str(caught.value)
    assert f"looked in {tmp_path / 'package'}, {cache_folder()}; asked http://127.0.0.1:9" in told
    assert f"Put it at {cache_folder() / 'tiny.shapes-'}{facts.more['sha256'][:12]}" in told
    monkeypatch.setenv("SEQVISION_OFFLINE", "1")
    with pytest.raises(SeqvisionError, match="nothing was asked of the network, as SEQVISION_OFF"):
        weights_file(facts)
    monkeypatch.setenv("SEQVISION_WEIGHTS", "nowhere")
    with pytest.raises(SeqvisionError, match="SEQVISION_WEIGHTS is nowhere, and there is no such"):
        weights_file(facts)


def test_nothing_is_asked_offline(listed, content, monkeypatch):
    monkeypatch.setenv("SEQVISION_OFFLINE", "1")
    with serving(says(content)) as (address, asked):
        with pytest.raises(SeqvisionError, match="SEQVISION_OFFLINE is set"):
            weights_file(listed(f"{address}/{NAME}"))
        assert asked == []


def test_another_file_of_the_name_is_refused(listed, content, tmp_path):
    (tmp_path / "package" / NAME).write_bytes(content[::-1])
    with pytest.raises(SeqvisionError, match="is not the file that is meant, or is damaged"):
        weights_file(listed())


def test_a_download_is_told(listed, content, caplog):
    with serving(says(content)) as (address, _), caplog.at_level("INFO", "seqvision"):
        weights_file(listed(f"{address}/{NAME}"))
        assert caplog.messages == [f"downloading {address}/{NAME} ({size(len(content))})"]
