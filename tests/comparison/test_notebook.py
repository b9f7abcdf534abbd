"""What a notebook shows of a comparison, and that it is a DataFrame for all else."""

import pandas as pd
import pytest

from seqvision.comparison.across import across
from seqvision.comparison.records import load_records
from seqvision.comparison.table import compare


@pytest.fixture
def table(write_run, results):
    for seed, error in enumerate((0.01, 0.02, 0.03)):
        write_run("gru", seed, {"metrics.test_error": error})
    write_run("lstm", 0, {"config.model.cell": "<b>lstm"})
    return compare(load_records(results), by=["name", "model.cell"])


def test_it_shows_what_the_command_does(table):
    html = table._repr_html_()
    assert "± 95 %" in html and "<td>2.00</td>" in html and "Student" in html
    assert "&lt;b&gt;lstm" in html and "<b>lstm" not in html


def test_what_is_made_of_it_is_a_plain_table(table):
    assert type(table[table["seeds"] > 1]) is pd.DataFrame
    assert type(table[["name", "mean"]]) is pd.DataFrame
    del table["std"]
    assert "<table" in table._repr_html_()  # As pandas shows it.


def test_models_over_datasets_are_shown_too(add, results):
    for dataset in ("mnist", "digits"):
        for name, error in (("gru", 0.1), ("lstm", 0.2)):
            add(name, dataset, error)
    html = across(load_records(results))._repr_html_()
    assert "mean rank" in html and "Wilcoxon" in html
