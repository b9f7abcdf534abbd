"""Makes the README's picture, docs/report.png: `python docs/picture.py`, with Chromium installed.

It is the top of the report on some of the published runs, as a browser draws it.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from seqvision.comparison.records import load_records
from seqvision.comparison.report import report

ROOT = Path(__file__).resolve().parents[1]
MODELS = ("two_way_lstm_augmented", "gru3", "lstm2_fast", "lstm3", "gru3_columns", "gru1", "irnn")
SIZE = (1180, 1830)
COLOURS = 48


def draw(picture: Path) -> None:
    records = load_records(ROOT / "results" / "published" / "zoo")
    shown = records[(records["dataset"] == "mnist") & records["name"].isin(MODELS)]
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        raise SystemExit("no Chromium is installed")
    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder, "report.html"), Path(folder, "report.png")
        page.write_text(report(shown, baseline="gru3"), encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        options += ["--virtual-time-budget=8000", f"--window-size={SIZE[0]},{SIZE[1]}"]
        subprocess.run([browser, *options, f"--screenshot={shot}", page.as_uri()], check=True)
        Image.open(shot).convert("RGB").quantize(COLOURS).save(picture, optimize=True)


if __name__ == "__main__":
    draw(ROOT / "docs" / "report.png")
