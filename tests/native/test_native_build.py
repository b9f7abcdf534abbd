"""What happens where the core is compiled, and where it cannot be."""

import json
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from calls import available

from seqvision.native import build, cache


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQVISION_CACHE", str(tmp_path))
    return tmp_path / "native"


def test_is_compiled_once_by_many_at_once(folder):
    built = []

    def slowly(to):
        built.append(to)
        threading.Event().wait(0.3)
        to.write_text("a library")

    found = []
    threads = [
        threading.Thread(target=lambda: found.append(cache.library("core", "", slowly)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1 and len(set(found)) == 1
    assert found[0].read_text() == "a library"
    assert not list(folder.glob("*/"))  # What was begun in is gone.


def test_a_failure_is_remembered_until_there_is_another_compiler(folder, monkeypatch):
    tried = []

    def fails(to):
        tried.append(to)
        raise build.CannotBuild("c++: no such thing as C++17")

    monkeypatch.setattr(cache, "compiler", lambda: ["c++"])
    for _ in range(3):
        with pytest.raises(build.CannotBuild, match=r"no such thing as C\+\+17"):
            cache.library("core", "", fails)
    assert len(tried) == 1
    monkeypatch.setattr(cache, "compiler", lambda: ["clang++"])
    path = cache.library("core", "", lambda to: to.write_text("a library"))
    assert path.read_text() == "a library"


def test_what_came_with_the_package_needs_no_compiler(folder, monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "BUILT", tmp_path)
    monkeypatch.setenv("CXX", "/nowhere/c++")
    ahead = tmp_path / build.file_name("core", "")
    ahead.touch()
    assert cache.library("core", "", pytest.fail) == ahead


def test_another_version_is_another_file():
    assert build.file_name("jax", "1.0") != build.file_name("jax", "1.1")


def test_a_compiler_that_fails_says_why(tmp_path, monkeypatch):
    failing = tmp_path / "c++"
    failing.write_text("#!/bin/sh\necho 'layer.cc:3:1: error: what is a vector?' >&2\nexit 1\n")
    failing.chmod(0o755)
    monkeypatch.setenv("CXX", str(failing))
    with pytest.raises(build.CannotBuild, match="error: what is a vector"):
        build.build_core(tmp_path / "core.so")
    monkeypatch.setenv("CXX", "/nowhere/c++")
    with pytest.raises(build.CannotBuild, match="there is no C"):
        build.build_core(tmp_path / "core.so")


@pytest.mark.usefixtures("folder")
def test_without_a_compiler_layers_run_and_doctor_says_so(monkeypatch, new_process):
    monkeypatch.setenv("CXX", "/nowhere/c++")
    said = new_process(
        "import numpy as np\n"
        "from seqvision.layers import GRU\n"
        "layer = GRU(3)\n"
        "layer(np.zeros((2, 4, 3), 'float32'))\n"
        "print(layer.path)\n"
        "from seqvision.cli import main\n"
        "import sys\n"
        "sys.argv = ['seqvision', 'doctor', '--json']\n"
        "main()\n"
    )
    path, _, facts = said.partition("\n")
    told = json.loads(facts)
    assert path.startswith("engine")
    assert told["native kernels"] == "not used: there is no C++ compiler /nowhere/c++"
    assert told["how to get them"].startswith("install a C++17 compiler")


def exercised(folder, compiler, processors, flags, run=()):
    """The kinds of processor that exercise.cc ran on, each with the sum of what it computed."""
    objects = []
    for name in processors:
        width, of_processor = build.PROCESSORS[name]
        defined = [f"-DSV_ARCH={name}", f'-DSV_NAME="{name}"', f"-DSV_WIDTH={width}"]
        objects.append(folder / f"{name}.o")
        given = [*flags, *of_processor, *defined, "-c", build.CORE / "layer.cc", "-o", objects[-1]]
        subprocess.run([*compiler, *map(str, given)], check=True)
    flags = [*flags, *(["-DSV_HAS_AVX512_BF16"] if "avx512_bf16" in processors else [])]
    flags += ["-DSV_BASE_ALONE"] if len(processors) == 1 else []
    sources = [Path(__file__).with_name("exercise.cc"), *build.CORE.glob("[ct]*.cc")]
    program = folder / "exercise.exe"  # As Windows wants it; others do not care.
    given = [*flags, f"-I{build.CORE}", *sources, *objects, "-pthread", "-o", program]
    subprocess.run([*compiler, *map(str, given)], check=True)
    done = subprocess.run([*run, program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return {name: float(total) for name, total in map(str.split, done.stdout.splitlines())}


@pytest.mark.parametrize(
    "sanitizer",
    [
        pytest.param("address,undefined", marks=pytest.mark.exhaustive),
        pytest.param("thread", marks=pytest.mark.slow),
    ],
)
def test_sanitizers_find_nothing(sanitizer, tmp_path):
    """Every cell, forward and backward, in sizes around the edges, on several threads.

    Not optimized: compiled in half the time, and no access is optimized away.
    """
    flags = ["-std=c++17", "-O0", "-g1", f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all"]
    # Vectors of other widths share no other memory.
    kinds = build.processors()[:1] if sanitizer == "thread" else build.processors()
    found = exercised(tmp_path, build.compiler(), kinds, flags)
    assert list(found) == [kind for kind in kinds[::-1] if kind in available()]
    assert max(found.values()) == pytest.approx(min(found.values()), rel=1e-6)


@pytest.mark.exhaustive
@pytest.mark.skipif(
    not (shutil.which("aarch64-linux-gnu-g++") and shutil.which("qemu-aarch64-static")),
    reason="there is no compiler for 64-bit ARM, or nothing to run it on",
)
def test_arm_computes_the_same(tmp_path):
    (here,) = exercised(tmp_path, build.compiler(), build.processors()[:1], build.FLAGS).values()
    compiler, run = ["aarch64-linux-gnu-g++", "-static"], ["qemu-aarch64-static"]
    there = exercised(tmp_path, compiler, ["neon"], build.FLAGS, run)
    assert there == pytest.approx({"neon": here}, rel=1e-6)


WINE = shutil.which("wine64") or shutil.which("wine64", path="/usr/lib/wine")


@pytest.mark.exhaustive
@pytest.mark.skipif(
    not (shutil.which("x86_64-w64-mingw32-g++") and WINE),
    reason="there is no compiler for Windows, or nothing to run its programs",
)
def test_windows_computes_the_same(tmp_path, monkeypatch):
    """MinGW's program in Wine, which ends with its threads."""
    monkeypatch.setenv("WINEPREFIX", str(tmp_path / "wine"))
    monkeypatch.setenv("WINEDEBUG", "-all")
    here = exercised(tmp_path, build.compiler(), build.processors(), build.FLAGS)
    flags = [*build.FLAGS, *build.WINDOWS]
    there = exercised(tmp_path, ["x86_64-w64-mingw32-g++"], build.processors(), flags, [WINE])
    assert there == pytest.approx(here, rel=1e-6)


def test_for_arm_it_is_compiled_as_such(monkeypatch):
    monkeypatch.setattr(build.platform, "machine", lambda: "arm64")
    assert build.processors() == ["neon"]
