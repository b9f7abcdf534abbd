"""What loggers hear of a run, and that a run ends the same whatever they do."""

import shutil
import time

import keras
import pytest
from logged_runs import CONFIG, curves, finals

import seqvision
from seqvision.errors import RunFailed, SeqvisionError
from seqvision.loggers import LOGGERS
from seqvision.loggers.base import Logger
from seqvision.loggers.chosen import chosen
from seqvision.runs.replay import log_all, log_record


class Ear(Logger):
    """Keeps what it hears."""

    heard: list

    @property
    def where(self):
        return "here"

    def has(self, run):
        return False

    def begin(self, run):
        self.heard.append(("begin", run))

    def log(self, points):
        self.heard.append(("log", points))

    def end(self, record):
        self.heard.append(("end", record))


class Broken(Ear):
    def log(self, points):
        raise ConnectionError("no route to\nthe moon")


class Stuck(Ear):
    def begin(self, run):
        time.sleep(60)


@pytest.fixture
def heard(monkeypatch):
    """What `ear` hears; `broken` raises, and `stuck` never ends."""
    for each in (Ear, Broken, Stuck):
        monkeypatch.setitem(LOGGERS._imported, each.__name__.lower(), each)
    monkeypatch.setattr(Ear, "heard", [], raising=False)
    return Ear.heard


def by_name(heard):
    points = [point for kind, told in heard if kind == "log" for point in told]
    found = {}
    for point in points:
        for name, value in point.values.items():
            found.setdefault(name, []).append((point.step, value))
    assert [p.step for p in points] == sorted(p.step for p in points)
    return found


def agree(heard, record):
    expected, found = curves(record.folder), by_name(heard)
    for name, points in expected.items():
        assert found[name] == points, name
    assert heard[-1] == ("end", record)


def test_a_logger_hears_what_the_tables_say_and_the_config_nothing_of_it(
    heard, tmp_path, trained, caplog
):
    record = seqvision.run(CONFIG, seed=0, results=tmp_path, loggers=["broken", "ear"])
    assert record["metrics"] == trained["metrics"]
    assert record["config_hash"] == trained["config_hash"]
    assert record["config"] == trained["config"]
    begun = [told for kind, told in heard if kind == "begin"]
    # One of them is of `broken`, which hears nothing after it has failed.
    assert len(begun) == 2 and begun[0].run_id == record["run_id"]
    assert begun[0].parameters["train.optimizer"] == "adam"
    assert begun[0].parameters["train.optimizer.learning_rate"] == 0.01
    assert begun[0].parameters["model.units"] == "[4]"
    assert [kind for kind, _ in heard].count("end") == 1
    agree(heard, record)
    warnings = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert warnings == ["logger broken failed and hears no more of the run: no route to"]
    # By its files it hears the same.
    live = by_name(heard)
    heard.clear()
    assert log_record(Ear(tmp_path), record.folder)
    assert by_name(heard) == live


class CtrlC(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 2 and self.epochs:
            raise KeyboardInterrupt

    epochs = 0

    def on_epoch_end(self, epoch, logs=None):
        self.epochs += 1


def test_a_run_that_goes_on_is_told_from_its_beginning(heard, tmp_path):
    options = {"seed": 0, "results": tmp_path, "loggers": ["ear"]}
    with pytest.raises(KeyboardInterrupt):
        seqvision.run(CONFIG, callbacks=[CtrlC()], **options)
    assert heard[-1] == ("end", None)
    heard.clear()
    agree(heard, seqvision.run(CONFIG, **options))


def test_a_failed_run_ends_with_its_record(heard, tmp_path):
    wild = {"name": "sgd", "learning_rate": 1e38}
    config = {**CONFIG, "train": {"epochs": 1, "batch_size": 256, "optimizer": wild}}
    with pytest.raises(RunFailed):
        seqvision.run(config, seed=0, results=tmp_path, loggers=["ear"])
    kind, record = heard[-1]
    assert kind == "end" and record["status"] == "failed"


def test_no_run_waits_for_a_logger_that_is_stuck(heard, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("seqvision.runs.tracker._PATIENCE", 0.1)
    record = seqvision.run(CONFIG, seed=0, results=tmp_path, loggers=["stuck"])
    assert record["status"] == "finished" and "the run does not wait" in caplog.text


def test_a_wrong_logger_is_told_before_any_run_begins(heard, tmp_path, monkeypatch):
    def refuse(*loggers, match, **options):
        with pytest.raises(SeqvisionError, match=match):
            seqvision.run(CONFIG, seed=0, results=tmp_path, loggers=loggers, **options)
        assert not list(tmp_path.iterdir())

    refuse("mlfow", match="did you mean 'mlflow'")
    refuse("wandb:progect=x", match="did you mean 'project'")
    refuse({"name": "wandb", "mode": "of"}, match="mode: ")
    refuse("mlflow:x.db", match="expected NAME or NAME:OPTION=VALUE")
    refuse("ear", match="unknown logger 'ear'", jobs=2)
    monkeypatch.setattr("seqvision.extras.find_spec", lambda name: None)
    refuse("mlflow", match=r"needs mlflow and .*: pip install 'seqvision\[mlflow\]'")
    refuse("wandb", match=r"needs wandb: pip install 'seqvision\[wandb\]'")


def test_options_are_texts_that_may_hold_what_parts_them(monkeypatch):
    monkeypatch.setattr("seqvision.extras.find_spec", lambda name: True)
    text = "mlflow:uri=sqlite:///a,b.db,experiment=mine"
    spec = {"name": "mlflow", "uri": "sqlite:///a,b.db", "experiment": "mine"}
    assert chosen([text, "wandb"]) == [spec, "wandb"] and chosen(spec) == [spec]


def test_published_records_may_lack_tables(heard, tmp_path, trained):
    shutil.copytree(trained.folder, tmp_path / "a", ignore=shutil.ignore_patterns("*.csv"))
    log_record(Ear(tmp_path), tmp_path / "a")
    assert by_name(heard) == {} and heard[-1][0] == "end"
    assert finals(heard[-1][1]) == finals(trained)


def test_damaged_records_are_left_out_with_a_warning(heard, tmp_path, trained, caplog):
    for name in ("a", "b", "c"):
        shutil.copytree(trained.folder, tmp_path / "small" / name)
    (tmp_path / "small" / "a" / "record.json").write_text("{")
    (tmp_path / "small" / "b" / "steps.csv").write_text("step,loss,error_rate\n1,x,2\n")
    assert log_all(tmp_path, ["ear"])[0] | {"where": ""} == {
        "logger": "ear",
        "logged": 1,
        "there": 0,
        "where": "",
    }
    warnings = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert len(warnings) == 2 and all("damaged record" in each for each in warnings)
    agree(heard, trained)
    with pytest.raises(SeqvisionError, match="no records"):
        log_all(tmp_path / "nothing", ["ear"])
    with pytest.raises(SeqvisionError, match=r"logger broken: .*c: no route to$"):
        log_all(tmp_path, ["broken"])
