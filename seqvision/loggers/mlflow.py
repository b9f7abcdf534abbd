"""MLflow, through its client: a run of MLflow's for each run."""

import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from seqvision.loggers import LOGGERS
from seqvision.loggers.base import Logger, Point, Run, metrics_of, seconds

_LONGEST = 6000
"""The characters of a parameter."""


@LOGGERS.register("mlflow", packages=["mlflow", "sqlalchemy", "alembic"], extra="mlflow")
class MLflow(Logger):
    """MLflow: `mlflow.db` in the results folder, or the store or server of an address."""

    def __init__(self, results: Path, uri: str | None = None, experiment: str = "seqvision"):
        super().__init__(results)
        own = f"sqlite:///{(results / 'mlflow.db').absolute().as_posix()}"
        self.uri = uri or os.environ.get("MLFLOW_TRACKING_URI") or own
        self.experiment = experiment

    @property
    def where(self) -> str:
        if self.uri.startswith("http"):
            return self.uri
        return f"mlflow ui --backend-store-uri {self.uri}"

    @cached_property
    def client(self) -> Any:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # Nothing is sent unasked.
        mlflow: Any = import_module("mlflow")
        logging.getLogger("mlflow").setLevel(logging.WARNING)  # It tells of tables that it makes.
        return mlflow.MlflowClient(self.uri)

    def prepare(self) -> None:
        """Make the store and the experiment: processes that make them at once are in their way."""
        if self.uri.startswith("sqlite:///"):
            Path(self.uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        if not self.client.get_experiment_by_name(self.experiment):
            # Nothing is put there, but by default MLflow would make a folder where one stands.
            place = (self.results / "mlflow").absolute().as_uri()
            self.client.create_experiment(self.experiment, artifact_location=place)

    @cached_property
    def _experiment_id(self) -> str:
        return self.client.get_experiment_by_name(self.experiment).experiment_id

    def _logged(self, run: Run) -> list[Any]:
        """MLflow's runs of a run's id."""
        wanted = f"tags.`seqvision.run_id` = '{run.run_id}'"
        return self.client.search_runs([self._experiment_id], wanted)

    def has(self, run: Run) -> bool:
        return any(
            each.info.status in ("FINISHED", "FAILED")
            and each.data.tags["seqvision.started"] == run.started
            for each in self._logged(run)
        )

    def begin(self, run: Run) -> None:
        folder = str(run.folder.absolute())
        for each in self._logged(run):
            cut_short = each.info.status in ("RUNNING", "KILLED")
            if cut_short and each.data.tags["seqvision.folder"] == folder:
                self.client.delete_run(each.info.run_id)
        tags = {"run_id": run.run_id, "name": run.name, "started": run.started, "folder": folder}
        self.id = self.client.create_run(
            self._experiment_id,
            start_time=round(1000 * seconds(run.started)),
            tags={f"seqvision.{key}": value for key, value in tags.items()},
            run_name=run.run_id,
        ).info.run_id
        parameters = {**run.parameters, "seed": run.seed}
        texts = [_entities().Param(key, str(value)[:_LONGEST]) for key, value in parameters.items()]
        for some in _parts(texts, 100):
            self.client.log_batch(self.id, params=some)

    def log(self, points: Sequence[Point]) -> None:
        metric = _entities().Metric
        metrics = [
            metric(name, value, round(1000 * point.time), point.step)
            for point in points
            for name, value in point.values.items()
        ]
        for some in _parts(metrics, 1000):
            self.client.log_batch(self.id, metrics=some)

    def end(self, record: Mapping[str, Any] | None) -> None:
        status, ended = "KILLED", time.time()
        if record is not None:
            status = "FAILED" if record["status"] == "failed" else "FINISHED"
            ended = seconds(record["timing"]["ended"])
            self.log([Point(0, ended, metrics_of(record))])
            self.client.set_tag(self.id, "seqvision.status", record["status"])
            if record.get("error"):
                self.client.set_tag(self.id, "mlflow.note.content", record["error"])
        self.client.set_terminated(self.id, status, round(1000 * ended))


def _entities() -> Any:
    return import_module("mlflow.entities")


def _parts(values: list[Any], most: int) -> Iterator[list[Any]]:
    """A list in parts of as many as MLflow takes at once."""
    return (values[first : first + most] for first in range(0, len(values), most))
