"""Records of measurements are kept, and the page made of them says what they say."""

import json
import shlex
import sys
from pathlib import Path

import pytest

from seqvision.bench import page as pages
from seqvision.bench.contenders import CONTENDERS
from seqvision.bench.machine import processor
from seqvision.bench.page import SpeedNotes, page, read_speed_notes
from seqvision.bench.record import command_of, read_records, write_record
from seqvision.cli import main
from seqvision.cli.bench import command
from seqvision.config import load_config
from seqvision.errors import SeqvisionError

NOTES = Path(__file__).parents[2] / "results" / "speed_notes.yaml"
EPYC = {"name": "AMD EPYC", "family": "26", "model": "2", "flags": ["avx512f"], "cores": 2}


def record(name="gru", processor=EPYC, command="seqvision bench gru", measured=None):
    measured = measured or {"layers": [2.0, 8.0, 6.0], "keras": [1.0, 2.0, 3.0]}
    return {
        "command": command,
        "work": {"name": name, "precision": "float32"},
        "rounds": 3,
        "seconds": 1.5,
        "started": "2026-11-27T00:00:00+00:00",
        "ours": [each for each in measured if each.startswith("layers")],
        "contenders": {each: {"path": "native: avx512"} for each in measured},
        "measured": {
            each: [
                {"train_images_per_second": value, "latency_milliseconds": value}
                for value in values
            ]
            for each, values in measured.items()
        },
        "ceiling": {
            "share": {"median": 0.61, "min": 0.5, "max": 0.7},
            "peak_flops_per_core": 2.6e11,
        },
        "environment": {"processor": processor, "keras": "3.15.1", "jax": None},
    }


def table(text, title):
    lines = text.partition(f"### {title}\n\n")[2].splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines[: lines.index("")]]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


def test_a_row_has_medians_ranges_and_what_ours_gains_within_rounds():
    measured = {"layers": [2.0, 8.0, 6.0], "keras": [1.0, 2.0, 3.0], "tf1": [4.0, 4.0, 2.0]}
    text = page([record(measured=measured)], SpeedNotes(), "seqvision publish there")
    (row,) = table(text, "Training, samples/s")
    assert row["layers"] == "6 (2–8)"
    assert row["keras"] == "2 (1–3) ×2.00"  # Of 2/1, 8/2 and 6/3, not of 6 over 2.
    assert row["to Keras as it comes"] == "2.00 (2.00–4.00)"
    assert row["to the best other"] == "2.00 (0.50–3.00) tf1"
    assert row["of the ceiling"] == "0.61 (0.50–0.70) of 260 GFLOP/s a core"
    (row,) = table(text, "One sample, ms")  # Less is better.
    assert row["to the best other"] == "0.50 (0.25–0.50) keras"
    assert "Made with keras 3.15.1, on 2026-11-27." in text and "Peak memory" not in text


def test_another_of_ours_is_no_rival():
    measured = {"layers": [2.0] * 3, "layers-float32": [9.0] * 3, "keras": [1.0] * 3}
    text = page([record(measured=measured)], SpeedNotes(), "")
    (row,) = table(text, "Training, samples/s")
    assert row["to the best other"] == "2.00 (2.00–2.00) keras"
    assert row["layers-float32"].endswith("×0.22")


def test_what_a_contender_could_not_measure_is_left_open():
    text = page([record(), record("b", measured={"layers": [1.0], "torch": []})], SpeedNotes(), "")
    first, second = table(text, "Training, samples/s")
    assert "torch" not in first and second["keras"] == second["to the best other"] == "–"


def test_rows_stand_in_the_order_of_the_notes_under_each_processor():
    notes = SpeedNotes.model_validate(
        {
            "remarks": ["See [old](old_speed.md)."],
            "rows": [{"title": "two", "command": "2"}, {"title": "one", "command": "1"}],
        }
    )
    other = {**EPYC, "family": "25"}
    records = [record("r", command="3"), record(command="1"), record(command="2")]
    text = page([*records, record(processor=other, command="1")], notes, "")
    assert "\n\nSee [old](old_speed.md).\n\n" in text
    beside = page([record(processor={**EPYC, "accelerator": "NVIDIA H200"})], notes, "")
    assert "\n## NVIDIA H200, AMD EPYC, family 26, model 2, avx512f, 2 cores\n" in beside
    older, newer = text.split("## AMD EPYC, family 2")[1:]
    assert older.startswith("5, model 2, avx512f, 2 cores") and newer.startswith("6,")
    assert [row["work"] for row in table(newer, "Training, samples/s")] == ["two", "one", "r"]
    assert [row["work"] for row in table(older, "Training, samples/s")] == ["one"]


def test_a_record_makes_way_for_a_newer_one_of_its_command_and_processor(tmp_path):
    first = write_record(tmp_path, record())
    assert write_record(tmp_path, {**record(), "rounds": 5}) == first
    write_record(tmp_path, record(processor={**EPYC, "cores": 4}))
    write_record(tmp_path, record(command="seqvision bench gru --steps 3"))
    assert sorted(each["rounds"] for each in read_records(tmp_path)) == [3, 3, 5]


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"contenders": 1}'])
def test_what_is_no_record_is_said(content, tmp_path):
    write_record(tmp_path, record())
    (tmp_path / "other.json").write_text(content)
    with pytest.raises(SeqvisionError, match=r"other\.json: is no record of seqvision bench"):
        read_records(tmp_path)


def test_a_command_says_the_backend_but_not_what_is_usual(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.delenv("SEQVISION_NATIVE", raising=False)
    assert command_of("a", ["x"], ["y", "z"]) == "seqvision bench a --as x --against y,z"
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setenv("SEQVISION_NATIVE", "0")
    assert command_of("a", ["x"], ["y"], ["b=c d"], 3) == (
        "KERAS_BACKEND=jax SEQVISION_NATIVE=0 "
        "seqvision bench a --steps 3 --set 'b=c d' --as x --against y"
    )


@pytest.mark.parametrize("row", read_speed_notes(NOTES).rows, ids=lambda row: row.title)
def test_the_commands_of_the_published_page_are_those_that_records_hold(row, monkeypatch):
    words = shlex.split(row.command)
    while "=" in words[0]:
        monkeypatch.setenv(*words.pop(0).split("="))
    given = command.make_context("bench", words[2:]).params
    (config,) = given["configs"]
    load_config(config, given["overrides"])
    own, against = given["own"].split(","), given["against"].split(",")
    for name in (*own, *against):
        CONTENDERS.entry(name)
    again = command_of(config, own, against, given["overrides"], given["steps"])
    assert again == row.command


def test_publish_writes_a_page_of_speeds(tmp_path, monkeypatch, capsys):
    write_record(tmp_path / "measured", record())
    monkeypatch.chdir(tmp_path)
    arguments = ["seqvision", "publish", "measured", "-o", "speed.md"]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0, capsys.readouterr().err
    text = (tmp_path / "speed.md").read_text(encoding="utf-8")
    assert "`seqvision publish measured -o speed.md`" in text
    assert text == page(read_records(tmp_path / "measured"), SpeedNotes(), " ".join(arguments))


def test_every_figure_has_a_title():
    assert list(pages._TITLES) == list(pages.FIGURES)


def test_a_processor_is_known_by_its_family_and_flags(tmp_path):
    file = tmp_path / "cpuinfo"
    file.write_text(
        "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 26\nmodel\t\t: 2\n"
        "model name\t: AMD EPYC\nflags\t\t: fpu avx2 fma avx512f avx512_bf16\n\n"
        "processor\t: 1\nmodel\t\t: 3\n"
    )
    told = processor(file)
    assert told.pop("cores") >= 1
    assert json.loads(json.dumps(told)) == {
        "vendor": "AuthenticAMD",
        "family": "26",
        "model": "2",
        "name": "AMD EPYC",
        "flags": ["avx2", "fma", "avx512f", "avx512_bf16"],
    }
    file.write_text(
        "processor\t: 0\nFeatures\t: fp asimd sve bf16\nCPU implementer\t: 0x41\n"
        "CPU architecture: 8\nCPU part\t: 0xd4f\n"
    )
    told = processor(file)
    assert (told["vendor"], told["model"], told["flags"]) == (
        "0x41",
        "0xd4f",
        ["asimd", "sve", "bf16"],
    )
    assert processor(tmp_path / "absent")["cores"] >= 1
