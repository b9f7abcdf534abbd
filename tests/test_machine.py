"""The cores and the memory that a container leaves, read from files like those of Linux."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from seqvision import cores, memory
from seqvision.cgroup import core_quota, memory_limit
from seqvision.errors import SeqvisionError
from seqvision.runs.environment import cpu


@pytest.fixture
def machine(tmp_path):
    def machine(files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return tmp_path

    return machine


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells it another way")
def test_the_peak_is_what_linux_says_and_on_macos_the_unit_is_another(monkeypatch):
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    peak = memory.peak_memory()
    assert peak == pytest.approx(1024 * int(status["VmHWM"].split()[0]), rel=0.05)
    monkeypatch.setattr("sys.platform", "darwin")
    assert memory.peak_memory() == pytest.approx(peak / 1024, rel=0.05)


VERSION_2 = {
    "proc/self/cgroup": "0::/work.slice/job.scope\n",
    "sys/fs/cgroup/cpu.max": "max 100000\n",
    "sys/fs/cgroup/work.slice/cpu.max": "150000 100000\n",
    "sys/fs/cgroup/work.slice/job.scope/cpu.max": "400000 100000\n",
    "sys/fs/cgroup/work.slice/memory.max": "max\n",
    "sys/fs/cgroup/work.slice/job.scope/memory.max": "1000000\n",
}
VERSION_1 = {
    "proc/self/cgroup": "7:memory:/docker/a\n4:cpu,cpuacct:/docker/a\n1:name=systemd:/docker/a\n",
    "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "250000\n",
    "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "2000000\n",
}


def test_the_least_quota_on_the_way_up_holds(machine):
    root = machine(VERSION_2)
    assert core_quota(root) == 1.5
    assert memory_limit(root) == 1_000_000


def test_version_1_within_a_container(machine):
    root = machine(VERSION_1)
    assert core_quota(root) == 2.5
    assert memory_limit(root) == 2_000_000


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"},
        {
            "proc/self/cgroup": "4:cpu:/\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
    ],
)
def test_where_nothing_limits(machine, files):
    assert core_quota(machine(files)) is None
    assert memory_limit(machine(files)) is None


@pytest.mark.parametrize(("quota", "expected"), [(None, 4), (1.5, 2), (0.2, 1), (64.0, 4)])
def test_cores_are_those_of_the_process_within_its_quota(monkeypatch, quota, expected):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 4, 5}, raising=False)
    monkeypatch.setattr(cores, "core_quota", lambda: quota)
    assert cores.available_cores() == expected


def test_memory_is_the_machines_or_less_of_it(machine):
    meminfo = {"proc/meminfo": "MemTotal: 3000 kB\nMemFree: 1 kB\nSwapTotal: 1000 kB\n"}
    assert memory.total_memory(machine(meminfo)) == 4_096_000
    assert memory.total_memory(machine(VERSION_2)) == 1_000_000


def test_what_cannot_fit_is_told_with_both_sizes(monkeypatch):
    monkeypatch.setattr(memory, "total_memory", lambda: 24_000_000_000)
    memory.check_fits(24e9, "model: its weights")
    memory.check_fits(30e9, "model: its weights", more=80_000_000_000)
    with pytest.raises(SeqvisionError, match=r"take 25\.0 GB of memory .* are 24\.0 GB"):
        memory.check_fits(25e9, "model: its weights")


def test_the_peak_is_not_that_of_the_process_that_started_this_one():
    """200 MB of the parent's, of which `getrusage` would tell the child."""
    code = (
        "import subprocess, sys; much = b'x' * (200 << 20);"
        "ask = 'from seqvision.memory import peak_memory; print(peak_memory())';"
        "subprocess.run([sys.executable, '-c', ask], check=True)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 1 << 20 < int(done.stdout) < 150 << 20


def test_windows_says_no_peak_and_ends_no_measurement(monkeypatch):
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setitem(sys.modules, "resource", None)
    assert memory.peak_memory() == memory.used_memory() == 0


def test_a_mac_is_known_by_its_processor(monkeypatch):
    """`arm`, all that Python says of it, would make one machine of all, whose speeds compare."""

    def run(command, **_):
        if command != ["sysctl", "-n", "machdep.cpu.brand_string"]:
            raise FileNotFoundError
        return subprocess.CompletedProcess(command, 0, "Apple M3 Pro\n")

    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr(subprocess, "run", run)
    assert cpu() == "Apple M3 Pro"
