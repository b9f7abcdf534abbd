"""The page in a real browser: Debian's or another Chromium, driven by Playwright."""

import math

import pytest

from seqvision.serving.app import create_app

pytestmark = [pytest.mark.usefixtures("browser"), pytest.mark.slow]


@pytest.fixture
def open_page(browser, running):
    """Open the page of a model; afterwards nothing may have gone wrong or been asked elsewhere."""
    wrong, contexts = [], []

    def opened(model, **options):
        url = running(create_app(model))
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append("dialog"), dialog.dismiss()))
        page.on(
            "request", lambda r: None if r.url.startswith((url, "data:")) else wrong.append(r.url)
        )
        page.goto(url)
        page.wait_for_selector("body[data-drawn]", state="attached")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def draw(page, points):
    """Draw a line with the mouse, through points in parts of the board."""
    box = page.locator("#board").bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*at[0])
    page.mouse.down()
    for point in at[1:]:
        page.mouse.move(*point, steps=4)
    page.mouse.up()


def settled(page):
    """Wait until the newest drawing is answered."""
    page.wait_for_selector("body:not([data-asking])", state="attached")


def said(page):
    """The answer, and what is believed in each frame of the strip."""
    settled(page)
    frames = page.eval_on_selector_all(
        ".strip td", "cells => cells.map(cell => cell.querySelector('span')?.textContent)"
    )
    answer = page.locator("#answer b")
    return (answer.inner_text() if answer.count() else None), frames


ONE = [(0.3, 0.15), (0.32, 0.5), (0.3, 0.85)]
ZERO = [
    (0.5 + 0.22 * math.sin(turn * math.pi / 8), 0.5 - 0.3 * math.cos(turn * math.pi / 8))
    for turn in range(17)
]


def test_a_one_and_a_zero_are_drawn_with_the_mouse(open_page, told):
    page = open_page(told.model())
    assert said(page) == (None, [None] * 7)
    draw(page, ONE)  # Left on the board, but centred as MNIST's digits are.
    answer, frames = said(page)
    # The box of a digit begins at row 4, up to which nothing is known.
    assert answer == "1" and frames == ["9", *["1"] * 6]
    page.get_by_role("button", name="Clear").click()
    assert said(page) == (None, [None] * 7)
    draw(page, ZERO)
    answer, frames = said(page)
    # The top of a zero is in the middle, as a one is.
    assert answer == "0" and frames[:2] == ["9", "1"] and frames[-1] == "0"
    assert page.locator(".strip td.same").count() == frames.count("0")


def test_a_one_and_a_zero_are_drawn_by_keyboard(open_page, told):
    page = open_page(told.model())
    board = page.get_by_role("application", name="Drawing board")
    board.focus()
    board.press("ArrowLeft")
    assert said(page)[0] is None  # The pen is up.
    board.press(" ")
    for _ in range(12):
        board.press("ArrowDown")
    assert said(page) == ("1", ["9", *["1"] * 6])
    board.press("Delete")
    assert said(page)[0] is None
    board.press(" ")
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        for _ in range(8):
            board.press(key)
    answer, frames = said(page)
    assert answer == "0" and frames[-1] == "0"
    board.press("Control+z")
    assert said(page)[0] is None


def test_a_finger_draws_on_a_phone_without_scrolling_sideways(open_page, told):
    phone = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
    page = open_page(told.model(), **phone)
    box = page.locator("#board").bounding_box()
    touch = page.context.new_cdp_session(page)
    for kind, y in [("touchStart", 0.2), *[("touchMove", 0.2 + k / 20) for k in range(12)]]:
        point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + y * box["height"]}
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert said(page) == ("1", ["9", *["1"] * 6])
    assert page.evaluate("scrollY") == 0  # The finger drew, and did not scroll.
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_drawing_is_sized_and_centred_as_mnist_was(open_page, told):
    page = open_page(told.model())
    draw(page, [(0.1, 0.1), (0.2, 0.2), (0.1, 0.25)])
    settled(page)
    image = page.evaluate("centred(28, 28).map(row => [...row])")
    mass = sum(map(sum, image))
    for axis in (lambda i, j: i, lambda i, j: j):
        middle = sum(v * axis(i, j) for i, row in enumerate(image) for j, v in enumerate(row))
        assert middle / mass == pytest.approx(13.5, abs=0.1)
    inked = [i for i, row in enumerate(image) if max(row) > 0.5]
    assert 18 <= inked[-1] - inked[0] + 1 <= 20
    assert max(map(max, image)) == pytest.approx(1, abs=0.01)
    page.get_by_text("How it becomes a picture").click()
    page.get_by_label("sized and centred").uncheck()
    draw(page, [(0.9, 0.9), (0.9, 0.95)])
    settled(page)
    as_it_lies = page.evaluate("asDrawn(28, 28).map(row => [...row])")
    assert as_it_lies[25][25] > 0.9 and as_it_lies[14][14] == 0


def test_the_beliefs_are_drawn_beside_the_rows(open_page, told):
    page = open_page(told.model())
    draw(page, ZERO)
    settled(page)
    # Opacity of the belief in 0 and 9 after each row: nothing is known before there is ink.
    opacity = page.evaluate(
        """() => {
            const { width, height } = document.getElementById("beliefs");
            const context = document.getElementById("beliefs").getContext("2d");
            const { data } = context.getImageData(0, 0, width, height);
            return [...data].filter((_, i) => i % 4 == 3);
        }"""
    )
    zero, nine = opacity[0::10], opacity[9::10]
    assert len(zero) == 28
    assert nine[0] == max(nine) > zero[0] and zero[-1] == max(zero) > nine[-1]


HOSTILE = "</script><script>alert('name')</script>"


def test_class_names_are_text_and_only_digits_are_centred(open_page, told_of):
    told = told_of((16, 12))
    names = (HOSTILE, "<b>1</b>", *(f"class {k}" for k in range(2, 10)))
    page = open_page(told.model(names))
    draw(page, ZERO)
    assert said(page)[0] == HOSTILE
    assert page.locator("#names span").first.inner_text() == HOSTILE
    assert not page.locator("#centred").is_checked()


def test_a_model_that_looks_ahead_answers_without_steps(open_page, told):
    page = open_page(told.model(causal=False))
    draw(page, ONE)
    settled(page)
    assert page.locator("#answer b").inner_text() == "1"
    assert page.locator(".strip").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_color_scheme(scheme, open_page, told):
    page = open_page(told.model(), color_scheme=scheme)
    ground = page.evaluate(
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    )
    assert (sum(ground) > 600) == (scheme == "light")
