"""The report in a real browser: Debian's or another Chromium, driven by Playwright."""

import pytest

from seqvision.comparison.charts import CHARTS
from seqvision.comparison.charts.html import chart_page
from seqvision.comparison.report import report

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def file(shown, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report(shown.records, baseline="gru_rows"), encoding="utf-8")
    return path


def names(page):
    """The leaderboard's visible models, from the top."""
    return page.eval_on_selector_all(
        ".leaderboard tbody tr",
        "rows => rows.filter(r => !r.hidden).map(r => r.cells[0].dataset.value)",
    )


def test_every_chart_has_drawn_its_marks(visit, file, shown):
    page = visit(file)
    marks = page.eval_on_selector_all(
        "figure",
        """figures => figures.map(figure => [figure.id,
            [...figure.querySelectorAll("svg .role-mark")].map(group => [
                group.getAttribute("class").match(/mark-(\\w+)/)[1],
                [...group.querySelectorAll("path, text")].filter(mark => {
                    const box = mark.getBoundingClientRect();
                    return box.width + box.height > 0;
                }).length,
            ]).filter(([, count]) => count),
        ])""",
    )
    drawn = {
        figure.removeprefix("data-1-"): {kind: 0 for kind, _ in groups}
        | {kind: sum(n for k, n in groups if k == kind) for kind, _ in groups}
        for figure, groups in marks
    }
    assert set(drawn) == set(CHARTS.names())
    for kind in ("parameters", "flops", "speed"):
        assert drawn[kind]["symbol"] == 3, kind  # A dot a model.
    assert drawn["curves"]["line"] == 3 * (2 + 1)  # Each seed of each model, and the means.
    assert drawn["curves"]["area"] == 3
    assert drawn["classes"]["rect"] == 3 * 10
    assert drawn["steps"]["line"] == 2 and drawn["steps"]["symbol"] == 2 * 8
    assert drawn["steps_by_class"]["rect"] == 2 * 8 * 10
    assert drawn["disagreement"]["rect"] == 6
    assert drawn["confusion"]["rect"] > 20


def test_a_press_on_a_heading_sorts_and_says_so(visit, file):
    page = visit(file)
    assert names(page) == ["bigru", "gru_rows", "gru_columns"]
    heading = page.locator(".leaderboard thead th").first
    heading.get_by_role("button").click()
    assert names(page) == ["bigru", "gru_columns", "gru_rows"]
    assert heading.get_attribute("aria-sort") == "ascending"
    heading.get_by_role("button").press("Enter")
    assert names(page) == ["gru_rows", "gru_columns", "bigru"]
    assert heading.get_attribute("aria-sort") == "descending"
    assert page.locator(".leaderboard thead [aria-sort]").count() == 1
    number = page.locator(".leaderboard thead th", has_text="parameters")
    number.get_by_role("button").click()
    # 10,000 comes after 5,000: by number, not by letter.
    assert names(page)[-1] == "bigru"


def test_typing_filters_by_every_word(visit, file):
    page = visit(file)
    field = page.get_by_role("searchbox", name="Filter models")
    field.fill("GRU columns")
    assert names(page) == ["gru_columns"]
    assert page.locator(".filter output").inner_text() == "1 of 3 models"
    field.fill("nothing of it")
    assert names(page) == []
    field.fill("")
    assert len(names(page)) == 3


def test_hostile_text_is_text(visit, file):
    page = visit(file)
    # A dialog or an error would fail `visit`. The words themselves are to be read on the page.
    assert page.locator(".leaderboard", has_text="</script><script>alert('name')").count() == 1
    labels = page.eval_on_selector_all("svg text", "texts => texts.map(t => t.textContent)")
    assert any(text.startswith("</script") for text in labels)


def test_a_link_opens_the_config_it_leads_to(visit, file):
    page = visit(file)
    page.get_by_role("link", name="gru_columns").click()
    details = page.locator("details.origin", has_text="gru_columns").first
    page.wait_for_function("document.querySelector('details.origin[open]')")
    assert details.get_attribute("open") is not None
    assert details.locator("mark", has_text="model.scan: columns").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_and_text_follow_the_color_scheme(scheme, visit, file):
    page = visit(file, color_scheme=scheme)
    ground, ink, label = page.evaluate(
        """() => [getComputedStyle(document.body).backgroundColor,
            getComputedStyle(document.body).color,
            getComputedStyle(document.querySelector("svg .role-axis-label text")).fill]
            .map(c => c.match(/\\d+/g).slice(0, 3).reduce((sum, n) => sum + +n, 0) / 765)"""
    )
    assert (ground > 0.9, ink < 0.2) == ((True, True) if scheme == "light" else (False, False))
    assert label == ink


def test_a_phone_reads_it_without_scrolling_sideways(visit, file):
    page = visit(file, viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    # Panels stand below one another, and no chart is cut off.
    assert page.evaluate(
        """[...document.querySelectorAll("#data-1-curves .chart, #data-1-steps .chart")]
            .every(chart => chart.scrollWidth <= chart.clientWidth)"""
    )


def test_it_prints_in_light_whatever_the_screen(visit, file):
    page = visit(file, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(253, 253, 251)"
    assert page.locator(".filter input").is_hidden()
    assert len(page.pdf()) > 50_000


def test_the_page_is_looked_at(visit, file):
    """The screenshot is a real one: it holds the page, not a blank or a crash."""
    page = visit(file)
    picture = file.with_suffix(".png")
    page.screenshot(path=picture, full_page=True)
    from PIL import Image

    with Image.open(picture) as image:
        assert image.height > 3000
        colors = image.convert("RGB").resize((64, image.height // 20)).getcolors(1 << 20)
    assert colors and len(colors) > 100


def test_a_chart_alone_is_a_page_of_its_own(visit, shown, tmp_path):
    path = tmp_path / "chart.html"
    path.write_text(chart_page(CHARTS.get("classes")(shown.records)), encoding="utf-8")
    page = visit(path, ready="#chart svg .role-mark path")
    assert page.locator("#chart svg .mark-rect path").count() == 30
