"""Damaged files of series: each loads or costs one message, and none a traceback."""

import gzip

import numpy as np
import pytest
from damaged import damaged

from seqvision.data import load
from seqvision.errors import DataError

LABELS = ("walk", "run", "sit")
CHANCE = np.random.default_rng(0)


def channel(steps):
    return ",".join(f"{value:.4f}" for value in CHANCE.normal(size=steps))


def many(row):
    return "\n".join(row(n, LABELS[n % 3]) for n in range(24)) + "\n"


TS = """\
# Of persons who walk, run or sit.
@problemName Walks
@timeStamps false
@missing false
@univariate false
@dimensions 2
@equalLength false
@classLabel true walk run sit
@data
""" + many(lambda n, label: f"{channel(n + 3)}:{channel(n + 3)}:{label}")
TIMED = "@timeStamps true\n@classLabel true walk run sit\n@data\n" + many(
    lambda n, label: ":".join(
        [*(",".join(f"({step}e0,{channel(1)})" for step in range(n + 2)) for _ in "ab"), label]
    )
)
STEPS = "".join(f"@attribute a{n} numeric\n" for n in range(9))
ARFF = f"@relation Walks\n{STEPS}@attribute target {{walk,run,sit}}\n@data\n" + many(
    lambda n, label: f"{channel(9)},{label}"
)
RELATIONAL = (
    f"@relation Walks\n@attribute series relational\n{STEPS}@end series\n"
    "@attribute target {walk,run,sit}\n@data\n"
) + many(lambda n, label: f"'{channel(9)}\\n{channel(9)}',{label}")
TSV = many(lambda n, label: "\t".join([str(n % 3), *channel(9).split(","), "NaN"]))
CONTENTS = {
    "ts": TS.encode(),
    "ts of times": TIMED.encode(),
    "ts packed": gzip.compress(TS.encode(), mtime=0),
    "arff": ARFF.encode(),
    "arff relational": RELATIONAL.encode(),
    "tsv": TSV.encode(),
}


@pytest.mark.parametrize("which", CONTENTS)
def test_a_damaged_file_loads_or_costs_one_message(which, tmp_path):
    content, reader = CONTENTS[which], which.split()[0]
    train, test = tmp_path / f"Walks_TRAIN.{reader}", tmp_path / f"Walks_TEST.{reader}"
    test.write_bytes(content)
    refused = 0
    for number, variant in enumerate(damaged(content)):
        train.write_bytes(variant)
        try:
            dataset = load({"name": reader, "path": str(train)})
        except DataError as error:
            refused += 1
            assert str(tmp_path) in str(error), variant
            assert len(str(error)) < 600 and len(str(error).splitlines()) == 1, variant
        except Exception as error:
            raise AssertionError(f"{number}: {variant!r}") from error
        else:
            assert not np.isinf(dataset.train.samples.values).any()
            assert len(dataset.train.labels) == len(dataset.train.samples)
    assert 20 < refused < 200 or which == "ts packed"  # Neither all nor nothing.


@pytest.mark.parametrize(
    ("reader", "content"),
    [
        ("ts", TS + "(" * 300_000),
        ("ts", TS + "(1" * 100_000 + ":" * 100_000),
        ("ts", TIMED + "(1,2)," * 60_000 + "(1" + " " * 300_000),
        ("ts", TS + ":" * 300_000 + "walk"),
        ("arff", ARFF + "," + " " * 300_000 + "'"),
        ("arff", ARFF + ",'x" * 100_000),
        ("arff", ARFF + ",\\'" * 100_000 + "'"),
        ("arff", RELATIONAL + "'" + "1,2\\n" * 60_000),
        ("arff", "@attribute x {a," + " " * 300_000 + "'"),
        ("arff", "@attribute x {a," + " '" * 100_000 + "}"),
        ("arff", "@attribute " + " " * 300_000),
        ("tsv", TSV + "1" + "\t" * 300_000 + "x"),
    ],
)
def test_no_line_takes_time_by_its_square(reader, content, tmp_path):
    """Which would be hours here."""
    path = tmp_path / f"mine.{reader}"
    path.write_text(content)
    with pytest.raises(DataError):
        load({"name": reader, "path": str(path)})
