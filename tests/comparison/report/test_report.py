"""The report as text: what it holds, what it escapes, what it says when something is missing."""

import base64
import io
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from seqvision.comparison.answers import answers
from seqvision.comparison.records import load_records
from seqvision.comparison.report import report
from seqvision.comparison.report.gallery import disputes, hard_images
from seqvision.comparison.report.pictures import Pictures, picture
from seqvision.comparison.report.provenance import provenance
from seqvision.comparison.report.strips import strips
from seqvision.comparison.trials import load_trials
from seqvision.data.files import download, nothing_downloaded
from seqvision.errors import DataUnavailable, SeqvisionError
from seqvision.runs.answers import write_answers

LABELS = np.arange(40) % 10


@pytest.fixture(scope="module")
def page(shown):
    return report(shown.records, baseline="gru_rows", title="Rows & columns")


def pixels(uri):
    head, _, data = uri.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_text_from_a_record_stays_text(page):
    assert "<script>alert" not in page
    assert "&lt;/script&gt;&lt;script&gt;alert(&#39;name&#39;)" in page  # In the page's text.
    assert r"\u003c/script\u003e\u003cscript\u003ealert" in page  # In the charts' JSON.
    assert "<title>Rows &amp; columns</title>" in page
    assert page.count("<script") == page.count("</script>")


def test_it_needs_nothing_else_and_is_small(page):
    assert len(page.encode()) < 2e6
    own = page[: page.index("<footer")]  # Behind it are the scripts.
    assert re.findall(r"""(?:src|href)=["'](?!data:|#)([^"']*)""", own) == []
    assert "default-src 'none'" in page


def test_each_chart_is_there_once_and_vega_once(page):
    specs = re.findall(r'<script type="application/json">(.*?)</script>', page)
    assert len(specs) == 9
    assert all("vega-lite" in json.loads(spec)["$schema"] for spec in specs)
    assert page.count("window.vegaEmbed=") == 1


def test_runs_without_a_result_are_listed_with_the_reason(page):
    listed = page[page.index("Runs without a result") :]
    assert "hopeless/00000001-s0" in listed and "the loss became NaN" in listed
    assert "cut_short/00000002-s0" in listed and "cut short" in listed
    assert "2 runs without a result" in page


@pytest.mark.slow
def test_neither_keras_nor_tensorflow_is_loaded(shown):
    code = (
        "import sys; from seqvision.comparison.records import load_records\n"
        "from seqvision.comparison.report import report\n"
        "page = report(load_records(sys.argv[1]))\n"
        "print(sorted({'keras', 'tensorflow', 'torch', 'jax'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(shown.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_runs_on_different_data_have_chapters_of_their_own(results):
    results.add("a", labels=LABELS, said=LABELS)
    results.add("b", labels=LABELS, said=(LABELS + 1) % 10, changes={"dataset.name": "mnist"})
    text = report(results.records)
    assert text.count('class="chapter" id="data-') == 2
    for name in ("a", "b"):
        table = re.search(rf'<tbody>((?:(?!</tbody>).)*data-value="{name}".*?)</tbody>', text, re.S)
        assert table.group(1).count("<tr") == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"dataset.checksum": "0" * 64}, "is not the data of the runs"),
        ({"dataset.name": "mnist", "config.data.dataset": "mnist"}, "mnist is not on this machine"),
        ({"config.data.dataset": "mnist-5k"}, "does not say how to load"),
        (
            {
                "dataset.name": "npz",
                "config.data.dataset": {"name": "npz", "path": "/nowhere/x.npz"},
            },
            "/nowhere/x.npz: no such file",
        ),
    ],
)
def test_pictures_are_the_right_ones_or_none(changes, reason, results, digits):
    labels = digits.test.labels
    results.add("a", labels=labels, said=(labels + 1) % 10, changes=changes)
    text = report(results.records)
    assert reason in text
    assert "data:image" not in text
    assert 'class="sample absent">no. ' in text


def test_nothing_is_downloaded_for_a_picture():
    def get(keras):
        raise AssertionError("downloads")

    with nothing_downloaded(), pytest.raises(DataUnavailable, match="not on this machine"):
        download("mnist", get)


def test_a_picture_is_the_image_and_what_is_unread_is_transparent():
    image = np.random.default_rng(0).integers(0, 256, (5, 4), dtype=np.uint8)
    np.testing.assert_array_equal(pixels(picture(image)), image)
    seen = np.arange(20).reshape(5, 4) < 9
    shown = pixels(picture(image, seen))
    np.testing.assert_array_equal(shown[..., 1] == 255, seen)
    np.testing.assert_array_equal(shown[..., 0][seen], image[seen])
    color = np.random.default_rng(1).integers(0, 256, (5, 4, 3)).astype("float32")
    np.testing.assert_array_equal(pixels(picture(color)), color.astype(np.uint8))


def test_the_hardest_images_are_those_most_models_miss_whatever_their_seeds(results, digits):
    def miss(*wrong):
        said = LABELS.copy()
        said[list(wrong)] = (said[list(wrong)] + 1) % 10
        return said

    # Image 7 is missed by two models of three, image 3 by more runs but one model.
    results.add("a", labels=LABELS, said=miss(7))
    results.add("b", labels=LABELS, said=miss(7))
    for seed in range(4):
        results.add("c", seed, labels=LABELS, said=miss(3))
    every = answers(results.runs)
    cards = hard_images(every, [f"class {k}" for k in range(10)], Pictures(digits.test.samples))
    assert [card.index for card in cards] == [7, 3]
    first = cards[0]
    assert (first.true, first.wrong, first.runs) == ("class 7", 2, 6)
    assert [(s.answer, s.right, s.runs, s.models) for s in first.predictions] == [
        ("class 7", True, 4, ["c"]),
        ("class 8", False, 2, ["a", "b"]),
    ]
    np.testing.assert_array_equal(pixels(first.picture), digits.test.samples[7])


def test_scans_disagree_where_most_of_one_are_right_and_most_of_the_other_wrong(results):
    def miss(*wrong):
        said = LABELS.copy()
        said[list(wrong)] = (said[list(wrong)] + 1) % 10
        return said

    for name, scan, wrong in [
        ("a", "rows", (1, 2)),
        ("b", "rows", (1,)),
        ("c", "columns", (5, 6, 2)),
        ("d", "columns", (5, 6)),
    ]:
        changes = {"config.model.scan": scan}
        results.add(name, labels=LABELS, said=miss(*wrong), changes=changes)
    (dispute,) = disputes(answers(results.runs), "0123456789", None)
    indices = {
        dispute.scans[0]: [card.index for card in dispute.first],
        dispute.scans[1]: [card.index for card in dispute.second],
    }
    assert indices == {"rows": [5, 6], "columns": [1]}  # Half of each miss 2.
    assert {dispute.only_first, dispute.only_second} == {1, 2}


def test_a_strip_shows_what_has_been_read_and_what_was_said(shown, digits):
    runs = shown.runs
    found = {
        strip.scan: strip for strip in strips(runs, "0123456789", Pictures(digits.test.samples))
    }
    assert set(found) == {"rows", "columns"}
    rows = found["rows"]
    assert (rows.model, rows.total, rows.read[-1]) == ("gru_rows", "8 steps", "8")
    assert len(rows.rows) == 10
    for step, frame in zip(map(int, rows.read), rows.rows[4][1], strict=True):
        seen = pixels(frame.picture)[..., 1] == 255
        np.testing.assert_array_equal(seen, np.arange(8)[:, None] < np.full(8, step))
        assert frame.answer == ("0" if step < 5 else frame.answer)
    assert rows.rows[0][1][0].right  # The answer 0 is right for a 0.
    columns = pixels(found["columns"].rows[0][1][0].picture)[..., 1] == 255
    np.testing.assert_array_equal(
        columns, np.tile(np.arange(8) < int(found["columns"].read[0]), (8, 1))
    )


def test_provenance_marks_what_differs_from_the_reference(results):
    results.add("base", labels=LABELS, said=LABELS)
    changes = {
        "config.model.scan": {"name": "columns", "reverse": True},
        "config.train.optimizer": {"name": "sgd", "learning_rate": 0.1},
        "environment.cpu": "another cpu",
    }
    results.add("other", labels=LABELS, said=LABELS, changes=changes)
    found = provenance(results.runs, "base")
    base, other = found.origins
    assert base.is_reference and base.differences == []
    assert {(line.key, line.value, line.reference) for line in other.differences} == {
        ("model.scan", "–", "rows"),
        ("model.scan.name", "columns", "–"),
        ("model.scan.reverse", "true", "–"),
        ("train.optimizer.name", "sgd", "adam"),
        ("train.optimizer.learning_rate", "0.1", "–"),
    }
    assert [run.environment for origin in found.origins for run in origin.runs] == [1, 2]
    assert [e["cpu"] for e in found.environments] == ["a cpu", "another cpu"]


def test_what_cannot_be_reported_is_said(results, shown):
    with pytest.raises(SeqvisionError, match=r"baseline 'gru_row'; did you mean 'gru_rows'\?"):
        report(shown.records, baseline="gru_row")
    (results.folder / "cut_short" / "00000002-s0").mkdir(parents=True)
    with pytest.raises(SeqvisionError, match="none of 1 runs is finished"):
        report(load_records(results.folder))


def test_old_records_without_steps_or_predictions_make_a_report_that_says_so(results):
    run = results.add("a", labels=LABELS, said=LABELS)
    (run / "predictions.npz").unlink()
    text = report(results.records)
    assert text.count("Not shown: ") >= 5
    assert "only a model that reads in one direction" in text


def test_answers_of_a_few_kilobytes_make_the_same_report(shown, tmp_path):
    """Confusion, disagreement, classes, the hardest images, the tests against a baseline."""
    folder = shutil.copytree(shown.folder, tmp_path / "results")

    def page():
        text = report(load_records(folder), baseline="gru_rows")
        return re.sub(r"[-0-9]+ [0-9:]+ UTC", "", text)

    full = page()
    for file in folder.rglob("predictions.npz"):
        write_answers(file.with_name("answers.npz"), *np.load(file).values())
        file.unlink()
    assert page() == full
    assert "Not shown" not in full and "McNemar" in full


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def other_arrays(path):
    np.savez(path, **{name: np.zeros((3, 2), int) for name in np.load(path).files})


@pytest.mark.parametrize("damage", [cut, other_arrays, lambda path: path.write_bytes(b"no")])
def test_a_damaged_file_costs_its_run_a_place_in_a_chart_and_no_more(damage, shown, tmp_path):
    folder = tmp_path / "results"
    shutil.copytree(shown.folder, folder)
    damaged = {"gru_rows": "predictions.npz", "gru_columns": "prefixes.npz"}
    for model, name in damaged.items():
        damage(folder / model / "00000001-s0" / name)
    text = report(load_records(folder))
    for model in damaged:
        assert f'data-value="{model}"' in text and f"{model}/00000001-s0" in text
    assert "Not shown" not in text  # Each model's other run is whole.


def test_a_search_has_its_section_and_its_trials_are_no_models(shown, tmp_path):
    rows = ["trial,seed,status,objective,value,mean,epochs,epochs_saved,epochs_given,after,seconds"]
    rows[0] += ",run_id,message,model.cell,train.batch_size"
    for trial in range(1, 11):
        accuracy = 0.9 + 0.005 * trial
        cell = "gru" if trial % 2 else "lstm"
        rows.append(
            f"{trial},0,finished,val_accuracy,{accuracy},{accuracy},3,0,,,1.0,x,,{cell},{trial}"
        )
    (tmp_path / "trials.csv").write_text("\n".join(rows))
    records = shown.records
    trial = records.iloc[:1].assign(name="x-tune-t001", status="untested", test_error=np.nan)
    page = report(pd.concat([records, trial]), searches={"x-tune": load_trials(tmp_path)})
    assert "x-tune-t001" not in page
    own = page[page.index('id="search-1"') :]
    assert "The best is trial 10, val_accuracy 95.00%: model.cell lstm, train.batch_size 10." in own
    specs = re.findall(r'<script type="application/json">(.*?)</script>', own)
    assert len(specs) == 4
    assert "None" not in re.sub(r"<script.*", "", own, flags=re.DOTALL)
