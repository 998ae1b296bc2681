"""Killed at any moment, or with no room to write: the last report stands, nothing is left, the next run completes."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from small_report import DEATHS, Project, project

from reportlib.build.cache import contents

pytestmark = pytest.mark.full
RUNS = int(os.environ.get("REPORTLIB_KILLS", "50"))
MAKE = "report:\n\t@{command}\n"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory, demo_data: Path) -> Project:
    """A small report of every chapter that deaths alone can fill, and one already kept."""
    made = project(tmp_path_factory.mktemp("killed"), demo_data, DEATHS)
    assert made.cli().returncode == 0
    return made


def started(made: Project) -> subprocess.Popen[bytes]:
    """The report under make, as the leader of a session of its own."""
    makefile = made.params.with_name("Makefile")
    makefile.write_text(MAKE.format(command=" ".join(made.command("--fresh"))), encoding="utf-8")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(["make", "-sf", makefile, "report"], start_new_session=True, **quiet)


def victims(make: psutil.Process) -> dict[str, list[psutil.Process]]:
    """The processes of a run by what they are."""
    below = make.children(recursive=True)
    parents = [process for process in below if "reportlib.kernels.parent" in process.cmdline()]
    kernels = [process for process in parents if process.parent() in parents]
    return {
        "make": [make],
        "report": [process for process in below if process.parent() == make],
        "parent": [process for process in parents if process not in kernels],
        "kernel": kernels,
    }


def killed(made: Project, chance: random.Random, whom: str, within: float) -> list[psutil.Process]:
    """Start a report and kill one of its processes at a random moment; all the processes that it had."""
    with started(made) as make:
        top, everything = psutil.Process(make.pid), {}
        moment = time.monotonic() + chance.uniform(0, within)
        while make.poll() is None:
            try:
                found = victims(top)
            except psutil.NoSuchProcess:
                continue
            everything |= {process.pid: process for each in found.values() for process in each}
            if time.monotonic() > moment and found[whom]:
                chance.choice(found[whom]).kill()
                break
            time.sleep(0.05)
        make.wait(timeout=300)
    return list(everything.values())


def running(processes: list[psutil.Process], within: float) -> list[list[str]]:
    """The commands of those that still run after so many seconds; one that is dead may wait for its parent to hear."""
    end = time.monotonic() + within
    while commands := [command for process in processes if (command := _command(process))]:
        if time.monotonic() > end:
            break
        time.sleep(0.05)
    return commands


def _command(process: psutil.Process) -> list[str]:
    """The command that a process runs; nothing of one that is dead, a zombie too."""
    with suppress(psutil.NoSuchProcess):
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            return process.cmdline()
    return []


def test_killed_at_any_moment_the_last_report_stands_and_nothing_is_left(good):
    before, chance = contents(good.current), random.Random(1)
    begin = time.monotonic()
    assert good.cli("--fresh").returncode == 0
    whole = time.monotonic() - begin
    for turn in range(RUNS):
        whom = ("kernel", "parent", "report", "make")[turn % 4]
        processes = killed(good, chance, whom, whole)
        assert running(processes, within=10) == [], (turn, whom)
        assert contents(good.current) == before, (turn, whom)
    assert good.cli("--fresh").returncode == 0
    assert contents(good.current) == before
    assert [path.name for path in good.year.iterdir() if path.name.startswith(".")] == []


def test_no_report_outlives_a_make_that_is_killed_before_it_could_begin(good):
    for _ in range(10):
        with started(good) as make:
            top = psutil.Process(make.pid)
            while not (report := victims(top)["report"]):
                time.sleep(0.001)
            top.kill()
        assert running(report, within=20) == []


def test_a_run_that_follows_a_killed_one_equals_a_fresh_one(good, tmp_path):
    """With what the killed one left in its cache, and no report to fall back on."""
    before = contents(good.current)
    for whom in ("kernel", "parent", "report", "make"):
        outputs = tmp_path / whom
        again = Project(good.params, outputs)
        killed(again, random.Random(whom), whom, 20)
        assert again.cli().returncode == 0
        assert contents(again.current) == before


# No room, or no leave, to write


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes, for root alone."""
    if os.geteuid():
        pytest.skip("a disk can be mounted by root only")
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.parametrize("left", [3_000_000, 300_000], ids=["some", "little"])
def test_a_full_disk_is_one_clear_error(good, mounted, left):
    made = Project(good.params, mounted)
    shutil.copytree(good.edition, made.edition, symlinks=True, ignore=shutil.ignore_patterns("runs", "archive"))
    (mounted / "filler").write_bytes(b"0" * max(0, shutil.disk_usage(mounted).free - left))
    done = made.cli("--fresh")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert f"written to {made.year}: the disk is full. Make the folder writable, or free some" in done.stderr
    assert not (made.edition / "runs").exists()
    assert [path.name for path in made.year.iterdir() if path.name.startswith(".work")] == []


def test_a_disk_that_cannot_be_written_is_one_clear_error(good, mounted):
    subprocess.run(["mount", "-o", "remount,ro", mounted], check=True)
    done = Project(good.params, mounted).cli()
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert "Read-only file system. Make the folder writable" in done.stderr
