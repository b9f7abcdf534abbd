"""TensorBoard's HParams page: a row for each config, with its options and what came of it.

Every run writes its curves for TensorBoard anyway. This adds a file beside them when the run has
ended: TensorBoard reads no more of a file once there is a later one.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqvision.loggers import LOGGERS
from seqvision.loggers.base import Logger, Point, Run, metrics_of, seconds


@LOGGERS.register("tensorboard")
class TensorBoard(Logger):
    """The HParams page of TensorBoard, in each run's folder."""

    @property
    def where(self) -> str:
        return f"tensorboard --logdir {self.results}"

    def has(self, run: Run) -> bool:
        return any(_folder(run).glob("*.hparams"))

    def begin(self, run: Run) -> None:
        self.run, self.points = run, []
        self.has_curves: bool | None = None

    def log(self, points: Sequence[Point]) -> None:
        if self.has_curves is None:
            # The run's own are there by now; one that was published may have left them out.
            self.has_curves = any(_folder(self.run).glob("*tfevents*"))
        if not self.has_curves:
            self.points += points

    def end(self, record: Mapping[str, Any] | None) -> None:
        if record is None:
            return
        from tensorboard.summary.writer.record_writer import RecordWriter

        folder, ended = _folder(self.run), seconds(record["timing"]["ended"])
        folder.mkdir(exist_ok=True)
        # Files are read in the order of their names. This one is there when it is complete.
        path = folder / f"events.out.tfevents.{int(ended) + 1}.hparams"
        temporary = folder / f".{path.suffix}"
        with temporary.open("wb") as file:
            writer = RecordWriter(file)
            for event in self._events(record, ended):
                writer.write(event.SerializeToString())
        temporary.replace(path)

    def _events(self, record: Mapping[str, Any], ended: float) -> Iterator[Any]:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.plugins.hparams import api_pb2, metadata
        from tensorboard.plugins.hparams.plugin_data_pb2 import (
            HParamsPluginData,
            SessionEndInfo,
            SessionStartInfo,
        )

        def told(time: float, tag: str, **about: Any) -> Event:
            data = metadata.create_summary_metadata(HParamsPluginData(**about))
            value = Summary.Value(tag=tag, metadata=data, tensor=metadata.NULL_TENSOR)
            return Event(wall_time=time, summary=Summary(value=[value]))

        began = seconds(self.run.started)
        # Runs of a group are one row of the page, with the mean over them.
        group, _, _ = self.run.run_id.rpartition("-s")
        start = SessionStartInfo(group_name=group, start_time_secs=began)
        for name, value in self.run.parameters.items():
            if isinstance(value, bool):
                start.hparams[name].bool_value = value
            elif isinstance(value, str):
                start.hparams[name].string_value = value
            else:
                start.hparams[name].number_value = value
        yield Event(wall_time=began, file_version="brain.Event:2")
        yield told(began, metadata.SESSION_START_INFO_TAG, session_start_info=start)
        for point in [*self.points, Point(0, ended, metrics_of(record))]:
            scalars = [Summary.Value(tag=t, simple_value=v) for t, v in point.values.items()]
            yield Event(step=point.step, wall_time=point.time, summary=Summary(value=scalars))
        well = record["status"] != "failed"
        status = api_pb2.STATUS_SUCCESS if well else api_pb2.STATUS_FAILURE
        end = SessionEndInfo(status=status, end_time_secs=ended)
        yield told(ended, metadata.SESSION_END_INFO_TAG, session_end_info=end)


def _folder(run: Run) -> Path:
    return run.folder / "tensorboard"
