"""The front door: what `make` says, and how it builds the environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.check

ROOT = Path(__file__).parents[1]
TARGETS = [
    "annual-report",
    "editions",
    "check-data",
    "demo-data",
    "audit",
    "lab",
    "compare",
    "review",
    "sign",
    "publish",
    "status",
    "test",
    "test-full",
    "check",
    "bench",
    "screenshots",
    "docs",
    "clean",
]

# A Python that builds environments in no time. `broken` beside it makes the installation fail,
# `bare` takes ensurepip away, `old` is an old Python; `log` has what it was asked for.
PYTHON = """\
#!/bin/sh
here={here}
echo "$*" >>$here/log
case "$*" in
    *'<= sys.version_info'*) test ! -e $here/old ;;
    *version_info*) echo 3.11 ;;
    *ensurepip*) test ! -e $here/bare ;;
    '-m venv'*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    *requirements.lock*) test ! -e $here/broken ;;
esac
"""
APT = """\
#!/bin/sh
echo "apt-get $*" >>{here}/log
rm -f {here}/bare
"""


def make(*arguments: str, folder: Path = ROOT, path: str = "") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    environment["PATH"] = path + environment["PATH"]
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What building an environment reads, with a stand-in for Python, apt-get and id."""
    for name in ("Makefile", "tools"):
        source = ROOT / name
        shutil.copytree(source, tmp_path / name) if source.is_dir() else shutil.copy(source, tmp_path)
    (tmp_path / "requirements.lock").write_text("one\n")
    (tmp_path / "pyproject.toml").write_text("")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for name, text in {
        "python": PYTHON,
        "apt-get": APT,
        "dpkg-query": "#!/bin/sh\nexit 1\n",
        "id": "#!/bin/sh\necho 1000\n",
    }.items():
        (bin_folder / name).write_text(text.format(here=tmp_path))
        (bin_folder / name).chmod(0o755)
    return tmp_path


def build(checkout: Path) -> subprocess.CompletedProcess[str]:
    return make(".venv", "PYTHON=bin/python", folder=checkout, path=f"{checkout}/bin:")


def asked(checkout: Path) -> str:
    log = checkout / "log"
    text = log.read_text() if log.exists() else ""
    log.unlink(missing_ok=True)
    return text


def test_make_alone_prints_every_target_with_what_it_does():
    said = make().stdout
    assert re.findall(r"^  make (\S+) +\S", said, re.MULTILINE) == ["help", *TARGETS]


def test_the_readme_names_every_target():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [target for target in TARGETS if f"make {target}" not in readme] == []


@pytest.mark.parametrize(
    ("given", "file"),
    [
        ([], "params/2024-25.yml"),
        (["YEAR=2023-24"], "params/2023-24.yml"),
        (["YEAR=2023-24", "PARAMS=my/own.yml"], "my/own.yml"),
    ],
)
def test_year_and_params_choose_the_parameter_file(given, file):
    assert f"reportlib report '{file}'" in make("-n", "annual-report", *given).stdout


def test_what_is_given_by_another_name_is_refused_with_the_nearest():
    done = make("-n", "annual-report", "PARAM=params/my own.yml", "extract=a b=c")
    assert done.returncode == 2
    assert "No such option: " in done.stderr
    for name, nearest in (("PARAM", "PARAMS PUBLISHED PYTHON"), ("extract", "EXTRACTS")):
        assert f"{name} (nearest: {nearest})" in done.stderr
    assert "reportlib" not in done.stdout
    assert "(nearest: YEAR PARAMS RUN " in make("ZONE=1").stderr


def test_what_make_reads_may_be_given_whatever_it_holds():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    own = set(re.findall(r"^(\w+) :?=", text, re.MULTILINE)) | {"HOME", "MAKEFILE_LIST"}
    read = set(re.findall(r"\$\((?:if |or )?([A-Z_]+)\b", text)) - own
    assert {"YEAR", "PARAMS", "A", "CODE", "SCHEDULER", "PYTHON"} <= read
    done = make("-n", "help", "SHELL=/bin/sh", *(f"{name}=a b=c" for name in read))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_tilde_is_the_home_folder_in_any_shell():
    said = make("-n", "compare", "A=~/my run", "B=/b/~/c").stdout
    assert f"'{Path.home()}/my run' '/b/~/c'" in said
    assert f"report '{Path.home()}/x.yml'" in make("-n", "annual-report", "PARAMS=~/x.yml").stdout


def test_demo_data_are_made_only_for_parameters_that_use_them(tmp_path):
    (tmp_path / "own.yml").write_text("inputs: {complaints: {path: data/own.csv, status: extract}}")
    assert "demo-data" in make("-n", "-B", "annual-report").stdout
    assert "demo-data" not in make("-n", "-B", "annual-report", f"PARAMS={tmp_path}/own.yml").stdout


def test_the_environment_is_built_once(checkout):
    assert build(checkout).returncode == 0
    assert "--require-hashes -r requirements.lock" in asked(checkout)
    assert build(checkout).returncode == 0
    assert asked(checkout) == ""


def test_a_lock_that_is_only_newer_rebuilds_nothing(checkout):
    build(checkout)
    asked(checkout)
    os.utime(checkout / "requirements.lock", (4e9, 4e9))
    assert build(checkout).returncode == 0
    assert "venv" not in asked(checkout)


def test_a_changed_lock_rebuilds(checkout):
    build(checkout)
    asked(checkout)
    (checkout / "requirements.lock").write_text("two\n")
    os.utime(checkout / "requirements.lock", (4e9, 4e9))
    assert build(checkout).returncode == 0
    assert "-m venv --clear .venv" in asked(checkout)


def test_an_installation_that_fails_does_not_count_as_done(checkout):
    build(checkout)
    (checkout / "requirements.lock").write_text("two\n")
    os.utime(checkout / "requirements.lock", (4e9, 4e9))
    (checkout / "broken").touch()
    assert build(checkout).returncode != 0
    assert build(checkout).returncode != 0
    (checkout / "broken").unlink()
    asked(checkout)
    assert build(checkout).returncode == 0
    assert "-m venv --clear .venv" in asked(checkout)


def test_an_old_python_is_refused_by_name(checkout):
    (checkout / "old").touch()
    done = build(checkout)
    assert done.returncode != 0
    assert "Python 3.11, 3.12 or 3.13 is needed, and bin/python is not that" in done.stderr
    assert not (checkout / ".venv").exists()


def test_without_ensurepip_an_ordinary_user_is_told_the_one_command(checkout):
    (checkout / "bare").touch()
    done = build(checkout)
    assert done.returncode != 0
    assert "bin/python lacks ensurepip" in done.stderr
    assert "sudo apt-get install -y --no-install-recommends python3.11-venv" in done.stderr
    assert "apt-get" not in asked(checkout)
    assert not (checkout / ".venv").exists()


def test_without_ensurepip_root_has_it_installed(checkout):
    (checkout / "bare").touch()
    (checkout / "bin" / "id").write_text("#!/bin/sh\necho 0\n")
    assert build(checkout).returncode == 0
    assert "apt-get install -y --no-install-recommends python3.11-venv\n" in asked(checkout)


def test_bytecode_is_compiled_and_used_whatever_the_shell_says(checkout, monkeypatch):
    (checkout / "bin" / "python").write_text(
        PYTHON.format(here=checkout) + 'echo "bytecode ${PYTHONDONTWRITEBYTECODE-written}" >>$here/log\n'
    )
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    build(checkout)
    said = asked(checkout)
    assert "-m compileall" in said
    assert "bytecode written" in said
    assert "bytecode 1" not in said


def test_check_runs_everything_and_names_each_failure(checkout):
    build(checkout)
    (checkout / ".venv" / "bin" / "python").write_text('#!/bin/sh\ncase "$*" in *ruff*|*pytest*) exit 1 ;; esac\n')
    done = make("check", folder=checkout)
    assert done.returncode != 0
    for tool in ("ruff check", "ruff format", "mypy", "pytest"):
        assert f"== {tool}" in done.stdout
    assert "Failed: ruff check ., ruff format --check ., pytest -q -m check" in done.stdout


def test_clean_keeps_the_reports(checkout):
    report = checkout / "outputs" / "2024-25" / "report.html"
    report.parent.mkdir(parents=True)
    report.touch()
    (checkout / "src" / "__pycache__").mkdir(parents=True)
    assert make("clean", folder=checkout).returncode == 0
    assert report.exists()
    assert not (checkout / "src" / "__pycache__").exists()
