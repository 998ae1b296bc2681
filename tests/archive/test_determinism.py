"""The same parameters, inputs, lock and code give the same bytes, whenever, wherever and by whomever it is made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from copies import Checkout, checkout
from small_report import project

from reportlib.archive.verify import MAIN

# Another number of processors than this machine has, for all that asks Python.
ELSEWHERE = "import os\nos.cpu_count = lambda: 5\n"
STYLE = "font.family: DejaVu Serif\nlines.linewidth: 9\nsvg.hashsalt: another\n"
OTHER = {
    "TZ": "Pacific/Auckland",
    "LANG": "de_DE.ISO-8859-1",
    "LC_ALL": "de_DE.ISO-8859-1",
    "PYTHONHASHSEED": "4711",
    "OPENBLAS_NUM_THREADS": "2",
    "OMP_NUM_THREADS": "2",
}


def elsewhere(home: Path) -> dict[str, str]:
    """The settings of another user on another machine, with tastes of their own."""
    style = home / ".config" / "matplotlib" / "matplotlibrc"
    style.parent.mkdir(parents=True)
    style.write_text(STYLE)
    (home / "sitecustomize.py").write_text(ELSEWHERE)
    return OTHER | {"HOME": str(home), "USER": "another", "LOGNAME": "another"}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def differing(one: Path, two: Path) -> list[str]:
    """The names of files below two folders that are not the same."""
    first, second = files(one), files(two)
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))


def test_a_run_in_another_folder_under_other_settings_has_the_same_bytes(made: Checkout, data: Path, tmp_path: Path):
    shutil.copytree(data, tmp_path / "other-place")
    other = checkout(tmp_path / "deep" / "down", tmp_path / "other-place")
    settings = elsewhere(tmp_path / "home")
    settings["PYTHONPATH"] = f"{other.root / 'src'}:{tmp_path / 'home'}"
    other.report(**settings)
    assert differing(made.project.edition / "runs", other.project.edition / "runs") == []
    assert differing(made.project.edition / "archive", other.project.edition / "archive") == []
    assert len(files(made.project.edition / "archive")) == 1


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, as pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="report-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.full
def test_the_whole_report_is_the_same_years_later_by_another_user_on_one_processor(data: Path, open_folder: Path):
    if not (shutil.which("faketime") and shutil.which("setpriv") and os.geteuid() == 0):
        pytest.fail("needs faketime (apt), and root, who can become another user")
    made = []
    for name in ("one", "two"):
        shutil.copytree(data, open_folder / name / "records")
        made.append(project(open_folder / name, open_folder / name / "records"))
    settings = elsewhere(open_folder / "home") | {"PYTHONPATH": str(open_folder / "home")}
    for path in [open_folder / "two", open_folder / "home"]:
        subprocess.run(["chown", "-R", "nobody", path], check=True)
    another = [
        *("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"),
        *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),  # Python may stand in the folder of root
        *("taskset", "-c", "0", "faketime", "-f", "+900d"),
    ]
    for held, before, own in ((made[0], [], {}), (made[1], another, settings)):
        command = [*before, sys.executable, "-c", MAIN, *held.command()[1:]]
        done = subprocess.run(
            command, env=os.environ | own, cwd=open_folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert differing(made[0].edition / "runs", made[1].edition / "runs") == []
    assert differing(made[0].edition / "archive", made[1].edition / "archive") == []
