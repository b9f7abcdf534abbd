"""The report of runs over series: lines in place of images, shares in place of steps."""

import base64
import re
from xml.etree import ElementTree

import numpy as np
import pytest

import seqvision
from seqvision.comparison.report import report
from seqvision.comparison.report.lines import drawn
from seqvision.comparison.report.pictures import Pictures
from seqvision.data.series import Series

ONE = np.array([[0, 10.0], [1, np.nan], [2, 30], [np.nan, 40], [4, 50], [5, np.nan]])


def lines(picture):
    """The points of each line of a drawing, and their colours."""
    svg = ElementTree.fromstring(base64.b64decode(picture.partition("base64,")[2]))
    found = []
    for line in svg.iter("{http://www.w3.org/2000/svg}polyline"):
        points = [tuple(map(float, p.split(","))) for p in line.get("points").split()]
        found.append((line.get("stroke"), points))
    return found


def test_a_line_for_each_stretch_of_each_feature():
    found = lines(drawn(ONE, np.array([0, 10]), np.array([5, 50])))
    colors = [color for color, _ in found]
    assert len(set(colors)) == 2 and colors.count(colors[0]) == 2 and colors.count(colors[-1]) == 2
    first, second = found[:2]
    assert [len(set(points)) for _, points in found] == [3, 2, 1, 3]
    x = [a for a, _ in first[1] + second[1]]
    np.testing.assert_allclose(np.diff(x), [23.2, 23.2, 46.4, 23.2], atol=0.11)
    # Larger is higher up.
    assert first[1][0][1] == 46 and second[1][-1][1] == 2


def test_what_has_not_been_read_is_not_drawn_and_leaves_its_room():
    whole, some = (lines(drawn(ONE, np.zeros(2), np.full(2, 50), n)) for n in (None, 2))
    assert some[0][1] == whole[0][1][:2]
    assert max(x for _, points in some for x, _ in points) < 60


def test_all_are_drawn_to_one_scale():
    series = Series.of([np.linspace(0, top, 50)[:, None] for top in (1.0, 10.0)])
    pictures = Pictures(series)
    heights = [min(y for _, y in lines(pictures.of(n))[0][1]) for n in (0, 1)]
    assert heights[0] > 40 and heights[1] < 3


def test_a_series_without_any_value_of_a_feature():
    series = Series.of([np.array([[1, np.nan], [2, np.nan]])])
    assert len(lines(Pictures(series).of(0))) == 1


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    generator = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("series")
    x = np.full((120, 12, 1), np.nan)
    y = np.arange(120) % 2
    for one, label in zip(x, y, strict=True):
        length = generator.integers(3, 13)
        one[:length, 0] = generator.normal(label, 1, length)
    np.savez(folder / "noise.npz", x=x, y=y)
    config = {
        "name": "noise",
        "data": {"dataset": {"name": "npz", "path": str(folder / "noise.npz"), "kind": "series"}},
        "model": {"family": "stacked", "units": 4},
        "train": {"epochs": 1},
    }
    seqvision.run(config, results=folder / "results")
    records = seqvision.load_records(folder / "results")
    return report(records)


def test_a_page_of_series(page):
    text = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert "2 classes, series of 1 feature" in text
    assert "A series as it arrives" in text
    assert "after so much of the series" in text
    assert '<th scope="col">100%</th>' in text
    assert "data:image/svg+xml" in text and "data:image/png" not in text
    assert "What most models get wrong" in text
    assert "share of the steps read" in page
    words = re.sub(r"<(style|svg).*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL)
    assert "image" not in words.replace("images/s", "").replace("flops_per_image", "")
