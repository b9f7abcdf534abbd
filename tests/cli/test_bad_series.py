"""Series with a mistake: one message with the file and the line, exit code 2, nothing written."""

import numpy as np
import pytest

CONFIG = """\
name: mine
data: {dataset: DATASET}
model: {family: stacked, units: [8]}
train: {epochs: 1}
"""
LONG = "id,time,label,x\n" + "".join(
    f"s{n},{step},{'pq'[n % 2]},{n + step}\n" for n in range(20) for step in range(3)
)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("s1,0,q,1", "s1,0,,1", "mine.csv:5: the label ('label') is missing"),
        ("s1,0,q,1", "s1,0,q,one", "mine.csv:5: 'x' holds 'one', expected a number"),
        ("s1,0,q,1", "s1,0,q,-inf", "mine.csv:5: 'x' is infinite"),
        ("s1,0,q,1", "s1,0,p,1", "mine.csv:6: id 's1' has the label 'q', and 'p' in line 5"),
        ("s1,0,q,1", "s1,1,q,1", "mine.csv:6: id 's1' has a step of this time"),
        ("s1,0,q,1", "s1,7,q,1", "mine.csv:6: the time ('time') of id 's1' goes back"),
        ("id,time", "case,time", "no column is the id"),
    ],
)
def test_a_mistake_in_a_table(call, tmp_path, old, new, message):
    assert LONG.count(old) == 1
    (tmp_path / "mine.csv").write_text(LONG.replace(old, new))
    refused(call, tmp_path, "{name: csv, path: mine.csv, time: time}", message)


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ("{name: csv, path: mine.csv, labels: labels.csv}", "mine.csv:2: 19 of 20 ids have no"),
        ("{name: csv, path: mine.csv, test: other.csv}", "other.csv: has the features x, z"),
        ("{name: csv, path: mine.csv, test: 1.5}", "test: "),
        ("{name: csv, path: mine.csv, layout: broad}", "layout: should be 'wide' or 'long'"),
        ("{name: npz, path: mine.npz, kind: series}", "x: series 2 has the length 2, and step 3"),
        ("{name: wav_folder, path: sounds}", "high/0.wav: not a WAV file, or damaged"),
        ("{name: wav_folder, path: mine.csv}", "mine.csv: is no folder"),
        ("{name: csv_folder, path: sounds}", "sounds/high: holds no tables"),
    ],
)
def test_a_mistake_beside_a_table(call, tmp_path, dataset, message):
    (tmp_path / "mine.csv").write_text(LONG)
    (tmp_path / "labels.csv").write_text("id,label\ns3,p\n")
    (tmp_path / "other.csv").write_text(LONG.replace("\n", ",0\n").replace("x,0", "x,z"))
    x = np.arange(60.0).reshape(20, 3)
    np.savez(tmp_path / "mine.npz", x=x, y=np.arange(20) % 2, lengths=np.full(20, 2))
    for name in ("low", "high"):
        (tmp_path / "sounds" / name).mkdir(parents=True)
        (tmp_path / "sounds" / name / "0.wav").write_bytes(b"RIFF....WAVE")
    refused(call, tmp_path, dataset, message)


def refused(call, tmp_path, dataset, message):
    (tmp_path / "mine.yaml").write_text(CONFIG.replace("DATASET", dataset))
    before = sorted(tmp_path.rglob("*"))
    said = call("run", "mine.yaml")
    assert (said.code, said.out) == (2, "")
    error = said.err.splitlines()[-1]
    assert message in error and error.startswith("error: ")
    assert sorted(tmp_path.rglob("*")) == before
