"""Tables and reports of runs that began with trained weights say whose."""

import seqvision
from seqvision.comparison.formats import as_md
from seqvision.comparison.report import report

PARENT = {
    "source": "zoo/gru1/113aba58-s1",
    "name": "gru1/113aba58-s1",
    "sha256": "feed" * 16,
    "dataset": "mnist",
    "fresh": ["logits"],
}


def test_records_tables_and_reports_name_the_parent(write_run, tmp_path):
    for seed in (0, 1):
        write_run("child", seed, {"model.parent": PARENT})
        write_run("other", seed)
    records = seqvision.load_records(tmp_path / "results")
    mine = records[records["name"] == "child"].iloc[0]
    assert (mine["parent"], mine["parent_dataset"]) == (PARENT["name"], "mnist")
    assert mine["parent_sha256"] == PARENT["sha256"]
    table = seqvision.compare(records).set_index("name")
    assert table.loc["child", "parent"] == PARENT["name"] and table["parent"].isna().sum() == 1
    (row,) = (line for line in as_md(seqvision.compare(records)).splitlines() if "| child" in line)
    assert row.split(" | ")[1] == PARENT["name"]
    page = report(records)
    assert page.count(f"from the weights of {PARENT['name']}") == 4  # Two in the table.
    assert "(mnist)" in page and "new: logits" in page and PARENT["sha256"] in page


def test_without_a_parent_there_is_no_column(write_run, tmp_path):
    write_run("child", 0, {"model.parent": PARENT})
    write_run("other", 0)
    records = seqvision.load_records(tmp_path / "results")
    assert "parent" not in seqvision.compare(records[records["name"] == "other"])


def test_several_parents_of_a_row_are_all_named(write_run, tmp_path):
    write_run("child", 0, {"model.parent": PARENT})
    write_run("child", 1, {"model.parent": PARENT | {"name": "gru1:mnist"}})
    (row,) = seqvision.compare(seqvision.load_records(tmp_path / "results")).itertuples()
    assert row.parent == "gru1/113aba58-s1, gru1:mnist"


def test_a_record_with_a_damaged_parent_is_left_out(write_run, tmp_path):
    write_run("child", 0, {"model.parent": "gru1"})
    (found,) = seqvision.load_records(tmp_path / "results").itertuples()
    assert found.status == "damaged" and "model.parent" in found.error
