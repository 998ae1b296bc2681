"""How fast is the report? Against papermill and nbconvert one after the other; whole, cached, and as editions.

Run by `make bench`; writes its section of docs/benchmark.md. `--editions 1 5 20 100 --naive-editions 5` takes an hour.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from statistics import mean, median

import _ways
from _page import table, write_section
from _ways import Seconds, Way, abreast, chapters_of, in_kernels, ours, own_work, several, timed

from reportlib import steady
from reportlib.build.report import prepared
from reportlib.editions import Edition, codes, standard
from reportlib.params import Params
from reportlib.words import counted

BIN = Path(sys.executable).parent
CHROMIUM = Path("/usr/bin/chromium")
STEPS = ("execution", "HTML", "PDF")
TOGETHER = 20  # editions whose counts are protected as one


# The way that a user would pick


def browser(folder: Path) -> dict[str, str]:
    """Debian's Chromium where nbconvert looks for the one that Playwright would fetch."""
    import playwright

    listed = json.loads((Path(playwright.__file__).parent / "driver/package/browsers.json").read_text())["browsers"]
    (revision,) = {entry["revision"] for entry in listed if entry["name"] == "chromium-headless-shell"}
    home = folder / f"chromium_headless_shell-{revision}"
    place = home / "chrome-headless-shell-linux64"
    place.mkdir(parents=True, exist_ok=True)
    (home / "INSTALLATION_COMPLETE").touch()
    (place / "chrome-headless-shell").unlink(missing_ok=True)
    (place / "chrome-headless-shell").symlink_to(CHROMIUM)
    return {"PLAYWRIGHT_BROWSERS_PATH": str(folder)}


def naive(params: Params, handoff: Path, out: Path) -> Seconds:
    """Seconds of the command lines of papermill and nbconvert, one notebook after the other."""
    environment = os.environ | {"REPORTLIB_WORK": str(handoff)} | browser(out / "browser")
    chapters = chapters_of(params)

    def each(*command: str | Path) -> None:
        for chapter in chapters:
            names = {"IN": chapter.path, "OUT": out / chapter.path.name}
            subprocess.run(
                [names.get(str(word), word) for word in command], env=environment, check=True, capture_output=True
            )

    parameters = json.dumps(params.analysis())
    convert = (BIN / "jupyter", "nbconvert", "--to")
    steps: list[tuple[str, Callable[[], object]]] = [
        (
            "execution",
            lambda: each(BIN / "papermill", "IN", "OUT", "-y", parameters, "-k", "python3", "--no-progress-bar"),
        ),
        ("HTML", lambda: each(*convert, "html", "OUT")),
        ("PDF", lambda: each(*convert, "webpdf", "--disable-chromium-sandbox", "OUT")),
    ]
    return timed(steps if CHROMIUM.exists() else steps[:2])


# Ours


def apart(way: Way, params: Params, handoff: Path, out: Path, **environment: str) -> Seconds:
    """Run one of the ways in a Python of its own; its steps, and as `whole` all of it with its imports."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "params.json").write_text(params.model_dump_json(), encoding="utf-8")
    command = [sys.executable, _ways.__file__, way.__name__, str(handoff), str(out)]
    start = time.perf_counter()
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
    whole = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(done.stderr)
    return {**json.loads(done.stdout.splitlines()[-1]), "whole": whole}


# What is measured


def in_turns(
    params: Params, handoff: Path, work: Path, rounds: int
) -> tuple[list[Seconds], list[Seconds], list[float], list[float]]:
    """The seconds of the naive way, of ours, and of the cells alone, in kernels and in one Python, in turns."""
    turns = []
    for turn in range(rounds):
        (out := work / f"naive-{turn}").mkdir()
        slow = naive(params, handoff, out)
        ways = (ours, in_kernels, own_work)
        quick, cells, alone = (apart(way, params, handoff, work / f"{way.__name__}-{turn}") for way in ways)
        own = [sum(each.values()) - each["whole"] for each in (cells, alone)]
        turns.append((slow | {"whole": sum(slow.values())}, quick, *own))
    slow_ones, quick_ones, cells_alone, in_one = zip(*turns, strict=True)
    return list(slow_ones), list(quick_ones), list(cells_alone), list(in_one)


def cost_of_steadiness(params: Params, handoff: Path, work: Path, rounds: int) -> float:
    """How many times as long execution takes under the settings that give the same bytes on every machine."""
    settings = steady.SETTINGS | steady.PROCESSOR
    free = {name: value for name, value in os.environ.items() if name not in settings}
    ratios = []
    for turn in range(rounds):
        held = apart(ours, params, handoff, work / f"steady-{turn}", **settings)["execution"]
        kept = dict(os.environ)
        os.environ.clear()
        os.environ.update(free)
        ratios.append(held / apart(ours, params, handoff, work / f"free-{turn}")["execution"])
        os.environ.update(kept)
    return median(ratios)


def whole(params: Path, outputs: Path) -> dict[str, float]:
    """Seconds of `reportlib report`: nothing made before, every chapter from the cache, nothing changed."""
    command = [str(BIN / "reportlib"), "report", str(params), "--outputs", str(outputs)]

    def make() -> None:
        subprocess.run(command, check=True, capture_output=True)

    found = timed([("fresh", make)])
    found |= timed([("nothing changed", make)])
    for edition in outputs.glob("*/national"):
        edition.rename(outputs / "set-aside")
    return found | timed([("every chapter from the cache", make)])


def growing(params: Params, handoff: Path, work: Path, rounds: int) -> list[list[str]]:
    """How many chapters, and the seconds of the build of so many: of those that read no others' facts, then of all."""
    names = [chapter.name for chapter in chapters_of(params) if not chapter.reads_facts]
    rows = []
    for number in sorted({1, len(names) // 2, len(names)}):
        some = params.model_copy(update={"chapters": tuple(names[:number])})
        took = [apart(ours, some, handoff, work / f"growing-{number}-{turn}")["whole"] for turn in range(rounds)]
        rows.append([str(number), f"{median(took):.1f}"])
    return rows


def many(number: int) -> tuple[Edition, ...]:
    """The standard editions, then pairs of regions and of types: as many as are wanted, at most 107."""
    pairs = [
        Edition(name=f"{dimension[0]}-{at}", title=" and ".join(pair), dimension=dimension, values=pair)
        for dimension in ("region", "establishment_type")
        for at, pair in enumerate(combinations([code for code in codes(dimension) if code != "Other or escort"], 2))
    ]
    return (*standard(), *pairs)[:number]


def handoffs(params: Params, number: int, work: Path) -> Params:
    """Write the protected counts of so many editions, each to a folder of its name; the parameters with them."""
    from reportlib.build.basis import Basis
    from reportlib.build.prepare import prepare

    basis = Basis.read(params, work / "inputs", {})
    national, *parts = many(number)
    for start in range(0, max(1, len(parts)), TOGETHER):
        some = [national, *parts[start : start + TOGETHER]]
        counts = prepare(replace(basis, params=basis.params.model_copy(update={"editions": tuple(some)})))
        for edition in some[1:] if start else some:
            counts.write(work / edition.name, {}, edition)
        print(f"counts of {start + len(some)} editions are written", flush=True)
    return params.model_copy(update={"editions": (national, *parts)})


def naive_editions(params: Params, number: int, work: Path) -> float:
    """Seconds of an edition the naive way: the mean of so many, evenly spaced among those of the parameters."""
    found = []
    for edition in params.editions[:: max(1, len(params.editions) // number)][:number]:
        (out := work / f"naive-{edition.name}").mkdir()
        found.append(sum(naive(params.of(edition), work / edition.name, out).values()))
    return mean(found)


def editions(way: Way, params: Params, numbers: list[int], work: Path) -> Seconds:
    """Seconds that one of the ways takes for so many of the editions at once."""
    found = {}
    for number in numbers:
        some = params.model_copy(update={"editions": many(number)})
        found[str(number)] = apart(way, some, work, work / f"{way.__name__}-{number}")["whole"]
        print(f"{way.__name__}, {number} editions: {found[str(number)]:.1f} s", flush=True)
    return found


def main() -> int:
    """Print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="turns of the comparison")
    parser.add_argument("--editions", type=int, nargs="*", default=[1, 5], help="numbers of editions to make")
    parser.add_argument("--whole-editions", type=int, nargs="*", default=[1, 5], help="those to make whole as well")
    parser.add_argument("--naive-editions", type=int, default=2, help="editions to extrapolate the naive way from")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = page(given, Path(folder))
    write_section("Speed", text)
    print(text)
    return 0


def page(given: argparse.Namespace, work: Path) -> str:
    """Measure everything; the section of the docs."""
    from _extracts import demo_params

    params = demo_params(work / "demo")
    with prepared(params, {}, work / "prepared") as handoff:
        slow, quick, cells, in_one = in_turns(params, handoff, work, given.rounds)
        steadiness = cost_of_steadiness(params, handoff, work, given.rounds)
        growth = growing(params, handoff, work, given.rounds)
    runs = whole(work / "demo" / "2024-25.yml", work / "outputs")
    every = handoffs(params, max(given.editions), work / "editions")
    one = naive_editions(every, given.naive_editions, work / "editions")
    at_once = editions(abreast, every, given.editions, work / "editions")
    made_whole = editions(several, params, given.whole_editions, work)
    found_again = editions(several, params, given.whole_editions, work)

    def middle(rows: list[Seconds], step: str) -> float:
        return median(row[step] for row in rows)

    steps = [step for step in (*STEPS, "whole") if step in slow[0]]
    against = [
        [step, f"{middle(slow, step):.1f}", f"{middle(quick, step):.1f}",
         f"{median(a[step] / b[step] for a, b in zip(slow, quick, strict=True)):.1f}"]
        for step in steps
    ]  # fmt: skip
    cores = os.cpu_count() or 1

    def times(own: list[float]) -> float:
        return median(row["whole"] / (each / cores) for row, each in zip(quick, own, strict=True))

    made = [
        [
            number,
            f"{one * int(number):.0f}",
            f"{took:.0f}",
            f"{one * int(number) / took:.1f}",
            f"{made_whole[number]:.0f}" if number in made_whole else "",
            f"{found_again[number]:.1f}" if number in found_again else "",
        ]
        for number, took in at_once.items()
    ]
    without = "" if CHROMIUM.exists() else " There is no Chromium here, so the naive way makes no PDF."
    return f"""The default report on the demo extracts, with {os.cpu_count()} processors. The seconds are those of one
machine, and shared; only ratios carry over.

**The chapters, from the same prepared counts, in turns.** On one side the command lines `papermill`,
`jupyter nbconvert --to html` and `--to webpdf`, one notebook after the other; on the other the build, in a Python of
its own, with its imports. Medians of {counted(given.rounds, "turn")}.{without}

{table(["step", "one by one, s", "the build, s", "ratio"], against)}

The chapters' cells themselves take {median(cells):.1f} s of CPU in ordinary kernels of their own, once all imports are
done, so {median(cells) / cores:.1f} s spread over the processors; the build, imports and all, takes {times(cells):.1f}
times that. One after the other in one Python, which has drawn and read before, they take {median(in_one):.1f} s, and
the build {times(in_one):.1f} times their share. Under the settings that make every machine give the same bytes (one
thread of linear algebra, no AVX-512, no chance in hashes) the chapters take {steadiness:.2f} times as long as without.

How the build grows with chapters, but for those that read the facts of others; they are not alike, and a fresh Python
with its imports is in each:

{table(["chapters", "seconds"], [*growth, ["all", f"{middle(quick, 'whole'):.1f}"]])}

**The whole of `make annual-report`**: inputs, counts, disclosure control, chapters, every file, every gate, archive.

{table(["run", "seconds"], [[name, f"{took:.1f}"] for name, took in runs.items()])}

**Editions.** The same work for many of them, from counts prepared beforehand (and protected {TOGETHER} at a time, since
beyond the standard ones they are pairs that overlap): execution, HTML and PDF, one by one as
above ({one:.0f} s an edition, the mean of {given.naive_editions}; the rest is extrapolated) or as many at once as there
are processors. Beside it what `make editions` takes for everything: one read of the inputs, counts, disclosure control
of all editions as one, chapters, every file, every gate, archive; and what it takes again, when nothing has changed.

{table(["editions", "one by one, s", "at once, s", "ratio", "everything, s", "again, s"], made)}
"""


if __name__ == "__main__":
    sys.exit(main())
