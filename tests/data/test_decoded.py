"""Pictures are decoded once, kept in files, and the same from there."""

import json
import logging
import os
import shutil
import threading
import time
from collections import namedtuple

import click
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from seqvision.cli._options import no_cache_option
from seqvision.data import decoded, decoding, load
from seqvision.data.background import background_of
from seqvision.data.kept import cache_limit, no_cache
from seqvision.errors import DataError, SeqvisionError
from seqvision.runs.batches import batches


@pytest.fixture
def folder(tmp_path):
    """Twelve noisy pictures of two classes."""
    generator = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for n in range(6):
            noise = generator.integers(0, 256, (5, 4, 3), dtype=np.uint8)
            Image.fromarray(noise).save(tmp_path / "pictures" / name / f"{n}.png")
    return tmp_path / "pictures"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQVISION_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SEQVISION_CACHE_GB", "1")
    return tmp_path / "cache" / "decoded"


@pytest.fixture
def times(monkeypatch):
    """A list that grows by one each time that pictures are decoded."""
    counted, decode = [], decoding.decode
    monkeypatch.setattr(decoded, "decode", lambda *given: counted.append(1) or decode(*given))
    return counted


def read(folder, **options):
    return load({"name": "image_folder", "path": str(folder), "size": [5, 4], **options})


def only(cache, ending=".npy"):
    (path,) = cache.glob(f"*{ending}")
    return path


def alike(one, other):
    assert (one.checksum, one.notes, one.scale) == (other.checksum, other.notes, other.scale)
    for part, split in one.parts.items():
        np.testing.assert_array_equal(split.samples, other.parts[part].samples)
        np.testing.assert_array_equal(split.labels, other.parts[part].labels)


def test_the_second_time_nothing_is_decoded(folder, cache, times, monkeypatch):
    with no_cache():
        expected = read(folder, color="rgb")
    assert not cache.exists()
    alike(read(folder, color="rgb"), expected)
    monkeypatch.chdir(folder.parent)
    again = read("pictures", color="rgb")
    np.testing.assert_array_equal(again.train.samples, expected.train.samples)
    assert len(times) == 2 and isinstance(again.train.samples.array.base, np.memmap)
    assert np.load(only(cache)).shape == (12, 5, 4, 3)


def test_batches_of_a_map_are_those_of_an_array(folder, cache):
    mapped = read(folder).train
    held = type(mapped)(np.asarray(mapped.samples), mapped.labels)
    for one, other, _ in zip(batches(mapped, 4, 0), batches(held, 4, 0), range(5), strict=False):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])
    assert background_of(mapped.samples) == background_of(held.samples)


def test_files_or_options_that_changed_are_decoded_anew(folder, cache, times):
    before = read(folder)
    read(folder, size=[3, 3])
    read(folder, background="black")
    read(folder, test=0.5)  # The same pictures.
    assert len(times) == len([*cache.glob("*.npy")]) == 3
    picture = folder / "cat" / "0.png"
    Image.open(folder / "dog" / "0.png").save(picture)
    os.utime(picture, ns=(0, 0))
    assert read(folder).checksum != before.checksum and len(times) == 4
    picture.rename(folder / "dog" / "6.png")
    assert len(read(folder).train) + 2 == 12 and len(times) == 5


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def change(path):
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(1, 1))  # The file system's clock may be coarse.


@pytest.mark.parametrize(
    ("ending", "harm"),
    [
        (".npy", cut),
        (".npy", change),
        (".npy", lambda path: path.write_bytes(b"")),
        (".json", cut),
        (".json", change),
        (".json", lambda path: path.write_text("[]")),
    ],
)
def test_a_damaged_file_is_noticed_and_made_again(folder, cache, times, caplog, ending, harm):
    expected = np.asarray(read(folder).train.samples)
    harm(only(cache, ending))
    np.testing.assert_array_equal(read(folder).train.samples, expected)
    assert "damaged, and made anew" in caplog.text
    read(folder)
    assert len(times) == 2


def test_a_copy_of_the_cache_is_as_good(folder, cache, times):
    read(folder)
    os.utime(only(cache), ns=(1, 1))
    read(folder)
    assert len(times) == 1


@pytest.mark.parametrize("trouble", ["no folder", "full disk", "while writing", "small cache"])
def test_where_nothing_can_be_kept_a_run_goes_on(folder, cache, caplog, monkeypatch, trouble):
    if trouble == "no folder":
        cache.parent.write_text("a file")
    elif trouble == "full disk":
        usage = namedtuple("usage", "free")
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1000))
    elif trouble == "while writing":
        monkeypatch.setattr(os, "fsync", lambda _: os.close(-1))  # An OSError.
    else:
        monkeypatch.setenv("SEQVISION_CACHE_GB", "1e-8")
    with no_cache():
        expected = read(folder)
    alike(read(folder), expected)
    assert "what was decoded is not kept in" in caplog.text
    assert not [*cache.glob("*.part")] and not [*cache.glob("*.npy")]


def test_what_was_not_used_longest_goes_first(folder, cache, times, monkeypatch):
    read(folder, size=[5, 4])
    monkeypatch.setenv("SEQVISION_CACHE_GB", str(2.2e-9 * only(cache).stat().st_size))
    read(folder, size=[5, 3])
    now = time.time()
    for file, age in zip(sorted(cache.glob("*.json"), key=os.path.getmtime), (20, 10), strict=True):
        os.utime(file, (now - age, now - age))
    (cache / f"{'0' * 32}.1.part").touch()  # Of a process that was killed.
    read(folder, size=[5, 4])
    read(folder, size=[4, 4])
    assert len(times) == 3 and len([*cache.glob("*.npy")]) == 2
    read(folder, size=[5, 4])
    assert len(times) == 3
    read(folder, size=[5, 3])
    assert len(times) == 4 and not [*cache.glob("*.part")]


def test_one_decodes_and_others_wait(folder, cache, caplog, monkeypatch):
    caplog.set_level(logging.INFO, "seqvision")
    counted, decode = [], decoding.decode

    def slowly(*given):
        counted.append(given)
        time.sleep(0.3)
        return decode(*given)

    monkeypatch.setattr(decoded, "decode", slowly)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(read(folder).checksum)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counted) == 1 and len(found) == 3 and len(set(found)) == 1
    assert "another process is decoding them, which this one waits for" in caplog.text


def test_other_processes_decode_the_same(folder, monkeypatch, caplog):
    caplog.set_level(logging.INFO, "seqvision")
    expected = read(folder, color="rgb")
    monkeypatch.setattr(decoding, "_WORTH", 0)
    monkeypatch.setattr(decoding, "_AT_ONCE", 3)
    monkeypatch.setattr(decoding, "available_cores", lambda: 2)
    alike(read(folder, color="rgb"), expected)
    assert "decoded 12 files in" in caplog.text
    (folder / "dog" / "1.png").write_bytes(b"no picture")
    (folder / "cat" / "5.png").write_bytes(b"none either")
    with pytest.raises(DataError, match=r"cat/5\.png: cannot be read as a picture"):
        read(folder)
    # Where no process can be started, or it dies, pictures are decoded here.
    monkeypatch.setattr(decoding.sys, "executable", shutil.which("false"))
    for n in (1, 5):
        shutil.copy(folder / "cat" / "0.png", folder / ("dog" if n == 1 else "cat") / f"{n}.png")
    assert len(read(folder).train) == 10


def test_the_bound_is_a_number(monkeypatch):
    monkeypatch.setenv("SEQVISION_CACHE_GB", "much")
    with pytest.raises(SeqvisionError, match="SEQVISION_CACHE_GB is 'much': expected a number"):
        cache_limit()


def test_a_command_forgets_the_cache_for_as_long_as_it_runs(cache):
    command = click.command()(no_cache_option(lambda: click.echo(cache_limit())))
    said = [CliRunner().invoke(command, given).output for given in (["--no-cache"], [])]
    assert [json.loads(each) for each in said] == [0, 1e9]
