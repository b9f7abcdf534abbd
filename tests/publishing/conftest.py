"""A stand-in for the Hugging Face hub on this machine, and weights to put there."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

COMMIT = hashlib.sha1(b"a commit").hexdigest()


@pytest.fixture
def hub():
    """What huggingface_hub asks of a hub for `create_repo`, a commit, and the download of a file.

    `files` holds each repository's content by its name, `asked` the requests for files and the
    uploads, `private` whether each repository is.
    """
    state = SimpleNamespace(files={}, asked=[], private={})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self):
            self._file(body=False)

        def do_GET(self):
            self._file(body=True)

        def _file(self, body):
            if self.path.startswith("/api/"):  # Whether there is a repository, for instance.
                self._say(404, b'{"error": "not found"}', body=body)
                return
            state.asked.append((self.command, self.path))
            owner, name, _, revision, file = self.path.strip("/").split("/", 4)
            repository = state.files.get(f"{owner}/{name}")
            if repository is None:
                self._say(404, b"", {"X-Error-Code": "RepoNotFound"})
            elif revision not in ("main", "v1", COMMIT):
                self._say(404, b"", {"X-Error-Code": "RevisionNotFound"})
            elif file not in repository:
                self._say(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
            else:
                content = repository[file]
                etag = hashlib.sha1(content).hexdigest()
                self._say(200, content, {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT}, body)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            path = self.path.partition("?")[0]
            state.asked.append(("POST", path))
            if self.headers["Authorization"] != "Bearer a token" and path != "/api/validate-yaml":
                return self._say(401, b'{"error": "Invalid username or password."}')
            if path == "/api/repos/create":
                asked = json.loads(body)
                repository = f"{asked['organization']}/{asked['name']}"
                state.files.setdefault(repository, {})
                private = asked.get("private", asked.get("visibility") == "private")
                state.private[repository] = private
                return self._json({"url": f"http://{self.headers['Host']}/{repository}"})
            if path == "/api/validate-yaml":
                return self._json({"errors": [], "warnings": []})
            _, _, _, owner, name, verb, _ = path.split("/")
            if verb == "preupload":
                files = [
                    {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False}
                    for f in json.loads(body)["files"]
                ]
                return self._json({"files": files})
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    content = base64.b64decode(line["value"]["content"])
                    state.files[f"{owner}/{name}"][line["value"]["path"]] = content
            url = f"http://{self.headers['Host']}/{owner}/{name}/commit/{COMMIT}"
            return self._json({"commitUrl": url, "commitOid": COMMIT, "success": True})

        def _json(self, value):
            self._say(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

        def _say(self, status, content, headers=None, body=True):
            self.send_response(status)
            for key, value in (headers or {}).items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    state.address = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    server.server_close()
