"""Compiles the core and the bindings with the C++ compiler of this machine.

It stands alone, on Python's own library: the package's build runs it before there is a package.
"""

import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SOURCES = Path(__file__).parent
CORE = SOURCES / "core"

# Nobody asks for errno and traps; all else of IEEE arithmetic stays, so that NaN and infinity do.
FLAGS = ["-std=c++17", "-O3", "-fPIC", "-fvisibility=hidden", "-fno-math-errno"]
FLAGS += ["-fno-trapping-math"]

WINDOWS = ["-static", "-Wa,-muse-unaligned-vector-move"]
"""For MinGW: Windows has no C++ library to find, and no stack that is aligned to the registers
which its compiler spills there (GCC's bug 54412)."""

if platform.system() == "Windows":
    FLAGS += WINDOWS

_AVX512 = "-mavx512f -mavx512vl -mavx512dq -mavx512bw -mfma -mprefer-vector-width=512"

PROCESSORS = {
    "portable": (4, []),
    "neon": (4, []),
    "avx2": (8, ["-mavx2", "-mfma"]),
    "avx512": (16, _AVX512.split()),
    "avx512_bf16": (16, [*_AVX512.split(), "-mavx512bf16"]),
}
"""For each kind of processor the floats in a register and the compiler's flags."""


class CannotBuild(Exception):
    """There is no compiler, or it failed; the message says so in a line."""


def compiler() -> list[str]:
    """The command of the C++ compiler: `$CXX`, or one that is found.

    Raises:
        CannotBuild: there is none.
    """
    named = shlex.split(os.environ.get("CXX", ""))
    for command in [named] if named else [["c++"], ["g++"], ["clang++"]]:
        if shutil.which(command[0]):
            return command
    raise CannotBuild(f"there is no C++ compiler{f' {named[0]}' if named else ''}")


def processors() -> list[str]:
    """The kinds of processor that the core is compiled for on this machine.

    The first is what every processor of the architecture has.

    Raises:
        CannotBuild: there is no compiler.
    """
    architecture = platform.machine().lower()
    if architecture in ("aarch64", "arm64"):
        return ["neon"]
    if architecture not in ("x86_64", "amd64"):
        return ["portable"]
    # Compilers of before 2020 do not know it.
    knows = subprocess.run(
        [*compiler(), "-mavx512bf16", "-E", "-x", "c++", os.devnull, "-o", os.devnull],
        capture_output=True,
    )
    known = ["portable", "avx2", "avx512", "avx512_bf16"]
    return known if knows.returncode == 0 else known[:-1]


def file_name(name: str, about: str) -> str:
    """The name of a library's file, which is another one when anything of it changes.

    Args:
        name: `core`, or that of a binding.
        about: what it depends on apart from its sources, such as a version of TensorFlow.
    """
    digest = hashlib.sha256(f"{platform.machine()} {about}".encode())
    for path in sorted([SOURCES / "build.py", *SOURCES.glob("*/*.h"), *SOURCES.glob("*/*.cc")]):
        digest.update(path.name.encode() + path.read_bytes())
    return f"seqvision-{name}-{digest.hexdigest()[:16]}.so"


def build_core(to: Path) -> None:
    """Compile the core into a shared library.

    Raises:
        CannotBuild: as above.
    """
    with tempfile.TemporaryDirectory() as folder:
        names = processors()
        objects = [Path(folder) / f"{name}.o" for name in names]

        def one_kind(name: str, out: Path) -> None:
            width, flags = PROCESSORS[name]
            defined = [f"-DSV_ARCH={name}", f'-DSV_NAME="{name}"', f"-DSV_WIDTH={width}"]
            _compile([*FLAGS, *flags, *defined, "-c", CORE / "layer.cc", "-o", out])

        with ThreadPoolExecutor() as pool:  # Each waits for a process.
            list(pool.map(one_kind, names, objects))
        # The linker keeps the first of several equal functions of C++'s own library, so portable
        # ones come first: those of the others would not run on every processor.
        others = [CORE / "core.cc", CORE / "threads.cc"]
        known = ["-DSV_HAS_AVX512_BF16"] if "avx512_bf16" in names else []
        _link([*FLAGS, *known, objects[0], *others, *objects[1:], "-pthread"], to)


def build_binding(name: str, to: Path, flags: Sequence[str]) -> None:
    """Compile one of bindings/, which finds the core's functions where they are loaded.

    Raises:
        CannotBuild: as above.
    """
    # Not for this processor: headers of Eigen fail to compile for one with half precision.
    undefined = ["-undefined", "dynamic_lookup"] if platform.system() == "Darwin" else []
    source = SOURCES / "bindings" / f"{name}.cc"
    _link(["-std=c++17", "-O2", "-fPIC", "-w", f"-I{CORE}", source, *undefined, *flags], to)


def _link(arguments: Sequence[str | Path], to: Path) -> None:
    _compile(["-shared", *arguments, "-o", to])


def _compile(arguments: Sequence[str | Path]) -> None:
    command = [*compiler(), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if "error" in line), "it failed")
        raise CannotBuild(f"{command[0]}: {said.strip()}")
