"""Clients that ask a server over and over, in a process of their own so as not to slow it.

python -m seqvision.serving.clients HOST PORT SECONDS CLIENTS TYPE < body
"""

import http.client
import json
import sys
import threading
import time


def main() -> None:
    """Print, as JSON, the seconds that each answer took, those that failed, and the whole time."""
    host, port, seconds, clients, kind = sys.argv[1:]
    body = sys.stdin.buffer.read()
    took: list[float] = []
    failed: list[str] = []
    until = time.perf_counter() + float(seconds)

    def ask() -> None:
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        while (began := time.perf_counter()) < until:
            try:
                connection.request("POST", "/predict", body, {"Content-Type": kind})
                response = connection.getresponse()
                answer = response.read()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                failed.append(repr(error))
                continue
            if response.status == 200:
                took.append(time.perf_counter() - began)
            else:
                failed.append(f"{response.status} {answer.decode(errors='replace')}")

    began = time.perf_counter()
    threads = [threading.Thread(target=ask) for _ in range(int(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"took": took, "failed": failed, "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
