"""`seqvision serve`: a trained model behind HTTP, and a page to try it on."""

from typing import Any

import click

_LOCAL = ("127.0.0.1", "localhost", "::1")


@click.command(name="serve")
@click.argument("model", metavar="MODEL")
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0: for every machine.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0: any free."
)
@click.option(
    "--max-batch",
    default=32,
    show_default=True,
    type=click.IntRange(1, 4096),
    help="The most requests answered in one call of the model.",
)
@click.option(
    "--max-wait-ms",
    default=2.0,
    show_default=True,
    type=click.FloatRange(0, 10_000),
    help="The longest that a request waits for others.",
)
@click.option(
    "--max-requests",
    default=128,
    show_default=True,
    type=click.IntRange(1),
    help="The most requests at work or waiting; more get 503.",
)
@click.option(
    "--max-body-mb",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="The largest request.",
)
@click.option("--ray", "ray", metavar="ADDRESS", help="Serve on a Ray cluster; `auto`: this one's.")
@click.option(
    "--replicas", type=click.IntRange(1), help="With --ray: how many copies of the model (1)."
)
@click.option(
    "--load-test",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Measure answers/s so long, beside the bare model's, and end.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    model: str,
    host: str,
    port: int,
    max_batch: int,
    max_wait_ms: float,
    max_requests: int,
    max_body_mb: float,
    ray: str | None,
    replicas: int | None,
    load_test: float | None,
    as_json: bool,
) -> None:
    """Serve MODEL, a tag, a run's folder, a `.keras` or `.onnx` file, until Ctrl-C.

    Its page shows what the model believes of a drawing after each row, or of a series. `/predict`
    answers pictures, or series as JSON or in a file, `/stream` one step after another, `/health`
    says what is served; `/openapi.json` describes them.

    \b
    seqvision serve results/lstm2_fast/1a2b3c4d-s0
    curl -F file=@digit.png http://127.0.0.1:8000/predict
    curl --json '{"series": [[0.5, 1], [null, 2]]}' http://127.0.0.1:8000/predict
    curl -F file=@readings.csv http://127.0.0.1:8000/predict
    """
    from seqvision.serving import check_installed

    check_installed(ray=ray is not None)
    if ray is None and replicas is not None:
        raise click.UsageError("--replicas needs --ray")
    if ray is not None and load_test is not None:
        raise click.UsageError("--load-test is of a server without --ray")

    from seqvision.serving.limits import Limits

    limits = Limits(body=round(max_body_mb * 1e6), requests=max_requests)
    options = {"max_batch": max_batch, "max_wait": max_wait_ms / 1000, "local": host in _LOCAL}
    if ray is not None:
        _on_cluster(model, ray, replicas or 1, host, port, limits, options, as_json)
        return

    from rich.console import Console

    from seqvision.serving.server import listen, serve, url_of

    listening = listen(host, port)
    url = url_of(listening)
    with Console(stderr=True).status(f"loading {model}"):
        from seqvision.serving.app import create_app
        from seqvision.serving.open import open_model

        opened = open_model(model, batch=max_batch)
        app = create_app(opened, limits, **options)
    if load_test is None:
        serve(app, listening, lambda _: _say(model, url, as_json))
        return
    seconds, clients = load_test, sorted({1, 8, max_batch})
    found: list[dict[str, Any]] = []

    def measure(stop: Any) -> None:
        from threading import Thread

        from seqvision.serving.load_test import load_test as measured

        def run() -> None:
            try:
                own, free = listening.getsockname()[:2]
                with Console(stderr=True).status("") as status:
                    found.extend(measured(opened, own, free, seconds, clients, status.update))
            finally:
                stop()

        Thread(target=run, daemon=True).start()

    serve(app, listening, measure)
    _show(found, as_json)


def _on_cluster(
    model: str,
    address: str,
    replicas: int,
    host: str,
    port: int,
    limits: Any,
    options: dict[str, Any],
    as_json: bool,
) -> None:
    from rich.console import Console

    from seqvision.serving.cluster import deploy, end, order, wait_for_signal
    from seqvision.serving.server import listen, url_of

    with listen(host, port) as listening:  # Ray would go on trying.
        url, port = url_of(listening), listening.getsockname()[1]
    with Console(stderr=True).status(f"loading {model}, {replicas}×"):
        served = deploy(order(model, limits, **options), address, replicas, host, port)
    try:
        wait_for_signal(lambda: _say(model, url, as_json))
    finally:
        end(served)


def _say(model: str, url: str, as_json: bool) -> None:
    import json

    if as_json:
        click.echo(json.dumps({"model": model, "url": url}))
    else:
        click.echo(f"{model} answers at {url} (Ctrl-C ends it)")


def _show(found: list[dict[str, Any]], as_json: bool) -> None:
    import json

    from rich.console import Console
    from rich.table import Table

    from seqvision.formatting import count, number, rate

    if as_json:
        click.echo(json.dumps(found, indent=1))
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("", "at once", "answers/s", "median ms", "99 of 100 ms", "failed"):
        table.add_column(title, justify="right" if title else "left")
    for row in found:
        table.add_row(
            row["who"],
            count(row["at_once"]),
            rate(row["answers_per_second"]),
            number(row["p50_ms"]),
            number(row["p99_ms"]),
            count(row["failed"]),
        )
    Console().print(table)
