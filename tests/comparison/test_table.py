"""Groups of runs become rows, and nothing is dropped or mixed in silence."""

import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from seqvision.comparison.publish import page
from seqvision.comparison.readable import readable
from seqvision.comparison.records import load_records
from seqvision.comparison.remarks import Notes
from seqvision.comparison.report.leaderboard import leaderboard
from seqvision.comparison.speeds import UNEVEN
from seqvision.comparison.table import compare
from seqvision.config import load_config
from seqvision.errors import SeqvisionError

OTHER_DATA = {"dataset.name": "mnist", "dataset.checksum": "feed"}


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def write_errors(write_run):
    """Write one finished run for each test error, seeds 0, 1, …"""

    def write(name, errors, changes=(), **more):
        for seed, error in enumerate(errors):
            metrics = {"metrics.test_error": error, "metrics.test_accuracy": 1 - error}
            write_run(name, seed, {**metrics, **dict(changes)}, **more)

    return write


def rows(comparison, *by):
    """The rows by name, or by what else they are grouped by."""
    return comparison.set_index(list(by or ["name"]), drop=False)


def test_mean_spread_interval_best_and_worst(write_errors, results):
    errors = [0.11, 0.09, 0.13]
    write_errors("gru", errors)
    write_errors("lstm", [0.05, 0.06, 0.07], {"model.parameters": 3000})
    table = compare(load_records(results))
    assert table["name"].tolist() == ["lstm", "gru"]
    assert table["rank"].tolist() == [1, 2]
    gru = rows(table).loc["gru"]
    interval = stats.ttest_1samp(errors, 0).confidence_interval(0.95)
    assert gru["mean"] == pytest.approx(0.11)
    assert gru["std"] == pytest.approx(np.std(errors, ddof=1))
    assert (gru["low"], gru["high"]) == pytest.approx((interval.low, interval.high))
    assert (gru["best"], gru["worst"], gru["seeds"]) == (0.09, 0.13, 3)
    assert (gru["dataset"], gru["test"], gru["note"]) == ("digits", 400, "")
    lstm = rows(table).loc["lstm"]
    assert (lstm["parameters"], lstm["flops_per_image"]) == (3000, 20000)
    assert (lstm["train_images_per_second"], lstm["inference_images_per_second"]) == (500, 2000)


def test_a_high_accuracy_is_best(write_errors, results):
    write_errors("gru", [0.1, 0.2])
    write_errors("lstm", [0.05, 0.06])
    table = compare(load_records(results), metric="test_accuracy")
    assert table["name"].tolist() == ["lstm", "gru"]
    assert table["best"].tolist() == [0.95, 0.9]
    assert table["worst"].tolist() == [0.94, 0.8]


def test_one_seed_has_no_interval_and_says_so(write_errors, results):
    write_errors("gru", [0.1])
    write_errors("lstm", [0.1, 0.1])
    table = rows(compare(load_records(results)))
    assert table[["low", "high"]].isna().all(axis=None)
    assert table["note"].loc["gru"] == "one seed: no interval; 1 seed missing"
    assert table["note"].loc["lstm"] == "no spread between seeds: no interval"


def test_runs_that_did_not_end_well_are_counted(write_errors, write_run, results):
    write_errors("gru", [0.1, 0.2, 0.3])
    write_run("gru", 3, {"status": "failed", "error": "NaN", "metrics": {}})
    (write_run("gru", 4) / "record.json").unlink()
    (write_run("gru", 5) / "record.json").write_text("{")
    write_run("lost", 7, {"status": "failed", "metrics": {}})
    table = rows(compare(load_records(results)))
    gru = table.loc["gru"]
    assert gru[["finished", "failed", "unfinished", "damaged"]].tolist() == [3, 1, 1, 1]
    assert gru["seeds"] == 3 and gru["mean"] == pytest.approx(0.2)
    assert gru["note"] == "1 failed; 1 unfinished; 1 damaged; 1 seed missing"
    lost = table.loc["lost"]
    assert lost["seeds"] == 0 and pd.isna(lost["mean"]) and pd.isna(lost["rank"])
    assert lost["note"] == "no result; 1 failed; 6 seeds missing"
    assert table.index[-1] == "lost"


def test_no_run_is_finished(write_run, results):
    (write_run("gru", 0) / "record.json").unlink()
    write_run("lstm", 0, {"status": "failed", "metrics": {}})
    table = rows(compare(load_records(results), baseline="gru", target=0.9))
    assert table["unfinished"].to_dict() == {"gru": 1, "lstm": 0}
    assert table["failed"].to_dict() == {"gru": 0, "lstm": 1}
    assert table["mean"].isna().all()


def test_runs_on_different_data_are_apart(write_errors, results):
    write_errors("gru", [0.1, 0.2], config_hash="aaaaaaaa")
    write_errors("gru", [0.01, 0.02], OTHER_DATA, config_hash="bbbbbbbb")
    write_errors("lstm", [0.3, 0.4])
    write_errors("lstm_less", [0.05, 0.06], {"dataset.train": 500})
    table = compare(load_records(results))
    found = table[["dataset", "train", "name", "rank", "seeds"]].to_numpy().tolist()
    assert sorted(found) == [
        ["digits", 500, "lstm_less", 1, 2],
        ["digits", 1000, "gru", 1, 2],
        ["digits", 1000, "lstm", 2, 2],
        ["mnist", 1000, "gru", 1, 2],
    ]
    assert table["missing"].sum() == 0
    assert any("different data" in sentence for sentence in table.attrs["caption"])


def test_a_run_without_a_record_belongs_to_the_data_of_its_config(write_errors, write_run, results):
    write_errors("gru", [0.1], config_hash="aaaaaaaa")
    write_errors("gru", [0.1], OTHER_DATA, config_hash="bbbbbbbb")
    for config_hash in ("bbbbbbbb", "cccccccc"):
        (write_run("gru", 1, config_hash=config_hash) / "record.json").unlink()
    table = compare(load_records(results))
    unfinished = dict(zip(table["dataset"].fillna("?"), table["unfinished"], strict=True))
    # Of the third config nothing tells the data.
    assert unfinished == {"digits": 0, "mnist": 1, "?": 1}


def test_by_the_config_and_its_specs(write_errors, results):
    for reverse in (False, True):
        for cell in ("gru", "lstm"):
            scan = {"name": "rows", "reverse": True} if reverse else "rows"
            changes = {"config.model.scan": scan, "config.model.cell": cell}
            write_errors(f"{cell}_{reverse}", [0.1, 0.2], changes)
    by = ["model.scan", "model.cell"]
    table = compare(load_records(results), by)
    found = table[by].itertuples(index=False, name=None)
    assert set(found) == {
        ("rows", "gru"),
        ("rows", "lstm"),
        ("rows(reverse=True)", "gru"),
        ("rows(reverse=True)", "lstm"),
    }
    assert table["configs"].tolist() == [1] * 4


def test_an_unfinished_run_is_in_the_row_of_its_config(write_errors, write_run, results):
    write_errors("gru", [0.1, 0.2], {"config.model.cell": "nas"})
    (write_run("gru", 2) / "record.json").unlink()
    table = compare(load_records(results), ["model.cell"])
    assert table[["model.cell", "unfinished"]].to_numpy().tolist() == [["nas", 1]]


def test_several_configs_in_a_row_are_one_value_a_seed(write_errors, write_run, results):
    small, large = {"config.model.units": [8], "config.train.seeds": [0]}, {}
    write_errors("gru", [0.1, 0.2, 0.6], small, config_hash="aaaaaaaa")
    write_errors("gru", [0.3, 0.2], large, config_hash="bbbbbbbb")
    write_errors("lstm", [0.1, 0.1, 0.2])
    table = compare(load_records(results), baseline="lstm")
    gru = rows(table).loc["gru"]
    # Seeds 0 and 1, which both configs have; seed 2 would tell of the small one only.
    assert (gru["seeds"], gru["configs"], gru["left_out"]) == (2, 2, 1)
    assert gru["mean"] == pytest.approx((0.2 + 0.2) / 2)
    assert (gru["best"], gru["worst"]) == pytest.approx((0.2, 0.2))
    assert "1 run left out; 2 configs, which differ in model.units" in gru["note"]
    assert (gru["common_seeds"], gru["difference"]) == (2, pytest.approx(0.1))
    assert any("several configs" in sentence for sentence in table.attrs["caption"])


def test_areas_are_best_when_high_and_log_loss_is_the_loss_of_the_record(write_run, results):
    for name, area, loss in (("gru", 0.9, 0.4), ("lstm", 0.95, 0.7)):
        write_run(name, 0, {"metrics.macro_auroc": area, "metrics.test_loss": loss})
    records = load_records(results)
    assert compare(records, metric="macro_auroc")["name"].tolist() == ["lstm", "gru"]
    by_loss = compare(records, metric="log_loss")
    assert by_loss["name"].tolist() == ["gru", "lstm"] and by_loss["mean"].tolist() == [0.4, 0.7]
    assert by_loss.attrs["metric"] == "test_loss"


def test_a_run_that_lacks_the_metric_is_left_out(write_run, results):
    write_run("gru", 0, {"metrics.val_loss": 0.5})
    write_run("gru", 1)
    (row,) = compare(load_records(results), metric="val_loss").to_dict("records")
    assert (row["seeds"], row["mean"], row["left_out"]) == (1, 0.5, 1)


def test_the_paired_difference_is_over_common_seeds(write_errors, write_run, results):
    base, other = [0.10, 0.12, 0.11, 0.14], [0.09, 0.10, 0.10]
    write_errors("base", base)
    write_errors("other", other)
    write_errors("third", [0.2, 0.25, 0.21, 0.22])
    write_run("lone", 3, {"metrics.test_error": 0.5})
    write_run("apart", 9)
    table = rows(compare(load_records(results), baseline="base"))
    row = table.loc["other"]
    test = stats.ttest_rel(other, base[:3])
    interval = test.confidence_interval(0.95)
    assert (row["common_seeds"], row["difference"]) == (3, pytest.approx(-0.04 / 3))
    found = (row["difference_low"], row["difference_high"], row["p_paired"])
    assert found == pytest.approx((interval.low, interval.high, test.pvalue))
    third = stats.ttest_rel([0.2, 0.25, 0.21, 0.22], base).pvalue
    assert third < test.pvalue
    assert table["p_paired_holm"].loc["third"] == pytest.approx(2 * third)
    assert row["p_paired_holm"] == pytest.approx(max(2 * third, test.pvalue))
    lone = table.loc["lone"]
    assert lone["common_seeds"] == 1 and lone["difference"] == pytest.approx(0.36)
    assert pd.isna(lone["p_paired"]) and pd.isna(lone["difference_low"])
    assert table.loc[["base", "apart"], ["difference", "p_paired"]].isna().all(axis=None)


def test_differences_stay_within_the_data(write_errors, results):
    write_errors("base", [0.1, 0.2, 0.4], config_hash="aaaaaaaa")
    write_errors("other", [0.2, 0.4, 0.3], config_hash="aaaaaaab")
    write_errors("base", [0.01, 0.02, 0.03], OTHER_DATA, config_hash="bbbbbbbb")
    write_errors("other", [0.02, 0.03, 0.05], OTHER_DATA, config_hash="bbbbbbbc")
    write_errors("other", [0.2, 0.2], {"dataset.checksum": "third"}, config_hash="cccccccc")
    table = compare(load_records(results), baseline="base")
    others = table[table["name"] == "other"].set_index("checksum")
    assert others["difference"].to_dict() == {
        "c0ffee": pytest.approx(0.2 / 3),
        "feed": pytest.approx(0.04 / 3),
        "third": pytest.approx(np.nan, nan_ok=True),
    }
    # One comparison on each data: nothing to correct.
    assert others["p_paired_holm"].equals(others["p_paired"])
    said = " ".join(table.attrs["caption"])
    assert "checksum third: no run of base on this data" in said


@pytest.mark.parametrize("baseline", ["rows, gru", "rows,gru", ("rows", "gru"), "gru_rows"])
def test_a_baseline_is_named_by_its_values_or_its_runs(write_errors, results, baseline):
    for cell in ("gru", "lstm"):
        changes = {"config.model.cell": cell}
        write_errors(f"{cell}_rows", [0.1, 0.2], changes)
    table = compare(load_records(results), ["model.scan", "model.cell"], baseline)
    assert table["difference"].isna().to_list() == (table["model.cell"] == "gru").to_list()


def test_the_costs_of_a_row_are_those_of_the_runs_that_count(write_run, results):
    write_run("gru", 0, {"timing.train_images_per_second": 100.0})
    write_run("gru", 1, {"timing.train_images_per_second": 300.0})
    write_run("gru", 2, {"timing.train_images_per_second": 900.0, "metrics.test_error": None})
    (row,) = compare(load_records(results)).to_dict("records")
    assert row["train_images_per_second"] == 200


@pytest.mark.parametrize(("last", "mark"), [(990.0, "500"), (1010.0, "500*")])
def test_a_speed_is_the_median_and_marked_where_its_runs_differ_twofold(
    write_run, results, last, mark
):
    for seed, speed in enumerate((495.0, 500.0, last)):
        write_run("gru", seed, {"timing.train_images_per_second": speed})
    table = compare(load_records(results))
    (row,) = table.to_dict("records")
    assert row["train_images_per_second"] == 500
    assert row["train_images_per_second_min"] == 495
    assert row["train_images_per_second_max"] == last
    (part,) = readable(table)
    assert part.table["train/s"].tolist() == [mark] and part.table["test/s"].tolist() == ["2,000"]
    assert (UNEVEN in table.attrs["caption"]) == mark.endswith("*")
    assert ("more than a factor of two" in page(load_records(results), Notes(), "x").text) == (
        mark.endswith("*")
    )
    cell = leaderboard(load_records(results).assign(model="gru"), None).rows[0].cells[-2]
    assert (cell.text, cell.value) == (mark, 500)
    assert cell.notes == (("495 – 1,010",) if mark.endswith("*") else ())


def test_runs_without_a_speed_have_none(write_run, results):
    write_run("gru", 0, {"timing.train_images_per_second": None})
    table = compare(load_records(results))
    assert table["train_images_per_second"].isna().all()
    (part,) = readable(table)
    assert part.table["train/s"].tolist() == ["–"]
    write_run("gru", 1, {"timing.train_images_per_second": 10.0})
    table = compare(load_records(results), metric="train_images_per_second")
    assert "train/s" not in readable(table)[0].table  # It is there under its own name.


def test_speeds_of_several_machines_are_said_to_be(write_run, results):
    write_run("gru", 0)
    assert not any(
        "different machines" in said for said in compare(load_records(results)).attrs["caption"]
    )
    write_run("gru", 1, {"environment.cpu": "another"})
    table = compare(load_records(results))
    assert any("2 different machines" in said for said in table.attrs["caption"])


def test_some_rows_of_the_records_will_do(write_errors, results):
    write_errors("gru", [0.1, 0.2, 0.3])
    write_errors("lstm", [0.1, 0.2, 0.3])
    records = load_records(results)
    before = records.copy()
    table = compare(records[(records["name"] == "lstm") & (records["seed"] > 0)], "name")
    assert table[["name", "seeds", "mean"]].to_numpy().tolist() == [["lstm", 2, 0.25]]
    pd.testing.assert_frame_equal(records, before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"by": ["model.sca"]}, "no column 'model.sca'; did you mean 'model.scan'"),
        ({"by": []}, "by: expected a column"),
        ({"metric": "test_eror"}, "unknown metric 'test_eror'; did you mean 'test_error'"),
        ({"metric": "name"}, "unknown metric 'name'"),
        ({"metric": "train.epochs"}, "unknown metric 'train.epochs'"),
        ({"baseline": "gruu"}, "unknown baseline 'gruu'; did you mean 'gru'.*rows: gru, lstm"),
        ({"by": ["seed"], "baseline": "gru"}, "'gru' is in several rows: '0' and '1'"),
        ({"target": 98}, "target: expected an accuracy between 0 and 1, got 98"),
        ({"target": 0.0}, "target: expected"),
    ],
)
def test_wrong_arguments(write_errors, results, arguments, message):
    write_errors("gru", [0.1, 0.2])
    write_errors("lstm", [0.1, 0.2])
    with pytest.raises(SeqvisionError, match=message):
        compare(load_records(results), **arguments)


def test_no_records_to_compare(write_run, results):
    write_run("gru", 0)
    with pytest.raises(SeqvisionError, match="no records"):
        compare(load_records(results).iloc[:0])


def test_seconds_to_the_target_add_up_epochs(write_run, results):
    write_run("gru", 0, history=[(0.3, 5.0), (0.1, 6.0), (0.05, 7.0)])
    write_run("gru", 1, history=[(0.1, 4.0), (0.2, 6.0)])
    write_run("gru", 2, history=[(0.3, 5.0)])
    (row,) = compare(load_records(results), target=0.9).to_dict("records")
    assert row["seconds_to_target"] == pytest.approx((11 + 4) / 2)
    assert row["reached_target"] == 2
    assert "2 of 3 reached the target" in row["note"]
    assert "seconds_to_target" not in compare(load_records(results))


@pytest.mark.parametrize(
    "text", ["epoch,loss,seconds\n1,0.5,3\n", "", "epoch,val_error_rate,seconds\n1,x,y\n", None]
)
def test_a_history_that_cannot_tell(write_run, results, text):
    folder = write_run("gru", 0)
    if text is not None:
        (folder / "history.csv").write_text(text)
    (row,) = compare(load_records(results), target=0.9).to_dict("records")
    assert row["reached_target"] == 0 and pd.isna(row["seconds_to_target"])


@pytest.mark.slow
def test_ten_thousand_records_in_a_few_times_what_json_takes_without_keras(write_run, results):
    whole = {"config": load_config("gru3").resolved()}
    source = (write_run("gru", 0, whole) / "record.json").read_text()
    shutil.rmtree(results / "gru")
    for number in range(2000):
        folder = results / f"model{number % 50}"
        folder.mkdir(exist_ok=True)
        for seed in range(5):
            run = folder / f"{number:08x}-s{seed}"
            run.mkdir()
            text = source.replace('"test_error": 0.1', f'"test_error": 0.1{number}{seed}')
            (run / "record.json").write_text(text)
    code = (
        "import json, pathlib, sys, time\n"
        "for file in pathlib.Path(sys.argv[1]).glob('*/*/record.json'):\n"
        "    json.loads(file.read_text())\n"
        # Not by the clock: other tests run beside, and some machines are slower.
        "of_json = time.process_time()\n"
        "import seqvision\n"
        "records = seqvision.load_records(sys.argv[1])\n"
        "names = seqvision.compare(records)\n"
        "table = seqvision.compare(records, ['config_hash'])\n"
        "print(time.process_time() / of_json - 1)\n"
        "print(len(records), len(names), len(table), int(table['seeds'].sum()))\n"
        "print(sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, results], capture_output=True, text=True)
    times, counts, heavy = done.stdout.splitlines()
    assert counts == "10000 50 2000 10000"
    assert heavy == "[]"
    assert float(times) < 8
