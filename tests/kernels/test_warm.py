"""Warm kernels: as ordinary ones in all that a notebook, an error or a killed process can tell."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import psutil
import pytest
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.connect import port_names
from jupyter_client.manager import AsyncKernelManager, KernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from reportlib.errors import Finding, ReportError
from reportlib.kernels import warm

FIGURE = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('{}')\nplt.show()"


@pytest.fixture(params=["warm-fork", "local-provisioner"])
def either(request, monkeypatch) -> str:
    """Kernels of both kinds, to hold one against the other."""
    monkeypatch.setattr(KernelProvisionerFactory.instance(), "default_provisioner_name", request.param)
    return str(request.param)


@pytest.fixture(scope="module", autouse=True)
def no_parent_of_before() -> None:
    """A test before these may have started one, then changed what is read once: the kernels would be ordinary ones."""
    warm._parents.clear()


@pytest.fixture(autouse=True)
def warmed(monkeypatch) -> None:
    monkeypatch.setattr(KernelProvisionerFactory.instance(), "default_provisioner_name", "warm-fork")


def ran(*cells: str, folder: Path | None = None) -> list[str]:
    """What each cell printed, run as nbclient runs a notebook."""
    notebook = new_notebook(cells=[new_code_cell(textwrap.dedent(cell)) for cell in cells])
    resources = {"metadata": {"path": str(folder)}} if folder else {}
    NotebookClient(notebook, kernel_name="python3", timeout=60, resources=resources).execute()
    return ["".join(output.get("text", "") for output in cell.outputs).strip() for cell in notebook.cells]


@pytest.fixture
def manager() -> Iterator[KernelManager]:
    manager = KernelManager(kernel_name="python3")
    yield manager
    manager.shutdown_kernel(now=True)


def parents_of(number: int) -> set[int]:
    return {process.pid for process in psutil.Process(number).parents()}


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=10)[1]


# Where ordinary kernels fail


def test_nobody_else_can_listen_to_a_kernel_and_nothing_of_its_sockets_is_left(manager):
    manager.start_kernel()
    folder = Path(manager.ip).parent
    assert (manager.transport, folder.stat().st_mode & 0o777) == ("ipc", 0o700)
    for again in (False, True):
        if again:
            manager.restart_kernel(now=True)
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(60)
        client.stop_channels()
        assert len([*folder.iterdir()]) == 5
    manager.shutdown_kernel(now=True)
    assert not folder.exists()


def test_a_kernel_starts_though_something_has_taken_the_ports_chosen_for_it(manager):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        manager.cache_ports = False  # which would choose others
        for number, name in enumerate(port_names, taken.getsockname()[1]):
            setattr(manager, name, number)
        manager.start_kernel()
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(60)
        client.stop_channels()


# As ordinary kernels


@pytest.mark.parametrize("late", [0, 3], ids=["at once", "once it listens"])
def test_a_client_is_ready_when_its_channels_hold_nothing_more(monkeypatch, late):
    """A subscription may begin after the kernel has spoken: what it missed is asked for again."""
    unheard = [None] * late
    heard = AsyncZMQSocketChannel.get_msg

    async def missed(channel: AsyncZMQSocketChannel, timeout: float | None = None) -> dict[str, Any]:
        told = await heard(channel, timeout)
        if channel is client.iopub_channel and unheard and told["content"].get("execution_state") == "idle":
            unheard.pop()
            raise Empty
        return told

    async def left() -> list[bool]:
        await client.wait_for_ready(timeout=60)
        return [bool(await channel.socket.poll(300)) for channel in (client.shell_channel, client.iopub_channel)]

    manager = AsyncKernelManager(kernel_name="python3")
    asyncio.run(manager.start_kernel())
    client = manager.client()
    client.start_channels()
    monkeypatch.setattr(AsyncZMQSocketChannel, "get_msg", missed)
    assert isinstance(client, warm.PromptClient)
    assert asyncio.run(left()) == [False, False] and not unheard
    client.stop_channels()
    asyncio.run(manager.shutdown_kernel(now=True))


def test_a_client_sees_at_once_that_its_kernel_is_dead():
    manager = AsyncKernelManager(kernel_name="python3")
    asyncio.run(manager.start_kernel())
    client = manager.client()
    client.start_channels()
    os.kill(manager.provisioner.pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="died"):
        asyncio.run(asyncio.wait_for(client.wait_for_ready(timeout=60), 20))
    client.stop_channels()
    asyncio.run(manager.shutdown_kernel(now=True))


def test_an_error_in_a_cell_is_told(either):
    with pytest.raises(CellExecutionError, match="division by zero") as told:
        ran("1 / 0")
    assert told.value.ename == "ZeroDivisionError"


@pytest.mark.parametrize("end", ["os._exit(3)", "os.kill(os.getpid(), signal.SIGSEGV)"])
def test_a_kernel_that_dies_is_told(either, end):
    with pytest.raises(DeadKernelError):
        ran(f"import os, signal\n{end}")


def test_a_kernel_has_the_folder_and_the_environment_it_was_started_in(either, tmp_path, monkeypatch):
    monkeypatch.setenv("REPORTLIB_WORK", "here")
    (tmp_path / "beside.py").write_text("FOUND = 'beside'")
    (said,) = ran("import os, beside\nprint(os.getcwd(), os.environ['REPORTLIB_WORK'], beside.FOUND)", folder=tmp_path)
    assert said == f"{tmp_path} here beside"


def test_every_figure_is_there(either):
    notebook = new_notebook(cells=[new_code_cell(FIGURE.format(text)) for text in ("one", "two", "three")])
    NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    pictures = [[output for output in cell.outputs if "image/png" in output.get("data", {})] for cell in notebook.cells]
    assert [len(found) for found in pictures] == [1, 1, 1]


def test_a_wide_frame_is_shown_as_an_ordinary_kernel_shows_it(either):
    (said,) = ran("import pandas as pd\nprint(pd.get_option('display.max_columns'), pd.get_option('display.max_rows'))")
    assert said == "20 60"


def test_threads_processes_and_linear_algebra_work_in_a_cell(either):
    cell = """
        import concurrent.futures, multiprocessing, subprocess, sys
        import numpy as np
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            ranks = list(pool.map(np.linalg.matrix_rank, [np.eye(200), np.ones((200, 200))]))
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            roots = pool.map(np.sqrt, [4.0, 9.0])
        shell = subprocess.run([sys.executable, "-c", "print(7)"], capture_output=True, text=True).stdout.strip()
        print(*map(int, ranks), *map(int, roots), shell)
    """
    assert ran(cell) == ["200 1 2 3 7"]


def test_a_kernel_can_be_interrupted_and_restarted(either, manager):
    manager.start_kernel()
    for turn in range(2):
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        message = client.execute("import time\nprint('begun')\ntime.sleep(60)")
        while client.get_iopub_msg(timeout=20)["msg_type"] != "stream":
            pass
        manager.interrupt_kernel()
        while (reply := client.get_shell_msg(timeout=20))["parent_header"]["msg_id"] != message:
            pass
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        client.stop_channels()
        if turn == 0:
            manager.restart_kernel()


def test_what_a_kernel_says_goes_where_it_was_started_to_say_it(either, manager, tmp_path):
    """nbval starts its kernels with nowhere to complain to."""
    with (tmp_path / "said.txt").open("w") as file:
        manager.start_kernel(stderr=file)
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    client.execute_interactive("import os\nwritten = os.write(2, b'to stderr')", timeout=20)
    client.stop_channels()
    assert (tmp_path / "said.txt").read_text().endswith("to stderr")
    forked = psutil.Process(manager.provisioner.pid).ppid() != os.getpid()
    assert forked == (either == "warm-fork")


# What a fork could spoil


def test_kernels_are_forked_from_one_parent_of_one_thread():
    """Besides that of Arrow's allocator, which knows of forks."""
    (parent,), (other,) = ran("import os\nprint(os.getppid())"), ran("import os\nprint(os.getppid())")
    assert parent == other
    assert os.getpid() in parents_of(int(parent))
    threads = [path.read_text().strip() for path in Path("/proc", parent, "task").glob("*/comm")]
    assert len([name for name in threads if name != "jemalloc_bg_thd"]) == 1


def test_each_kernel_has_chance_of_its_own():
    cell = "import random, numpy as np\nprint(random.random(), np.random.rand())"
    one, other = ran(cell)[0].split(), ran(cell)[0].split()
    assert one[0] != other[0]
    assert one[1] != other[1]


def test_the_libraries_are_there_and_the_projects_own_code_is_not():
    (said,) = ran(
        "import sys\nprint(*(f'{name} {name in sys.modules}' for name in ('pandas', 'seaborn', 'reportlib')))"
    )
    assert said == "pandas True seaborn True reportlib False"


def test_a_variable_that_is_read_only_once_gets_an_ordinary_kernel(monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "12345")
    mine, parent = ran("import os\nprint(hash('a'), os.getppid())")[0].split()
    assert int(parent) == os.getpid()
    wanted = subprocess.run([sys.executable, "-c", "print(hash('a'))"], capture_output=True, text=True, check=True)
    assert mine == wanted.stdout.strip()


# Work beside this process


def squares(*numbers: int) -> list[int]:
    print("what is printed is no part of the outcome")
    return [number**2 for number in numbers] + [os.getpid()]


def refused(folder: Path) -> None:
    raise ReportError(f"not {folder.name}", [Finding("why", "file.csv", 3)])


def dying() -> int:
    if os.getpid() != int(os.environ["DRIVER"]):
        os.kill(os.getpid(), signal.SIGKILL)
    return 7


def test_work_beside_this_process_gives_what_it_would_give_here():
    one, other = warm.beside(squares, 2, 3), warm.beside(squares, 4)
    assert (one()[:-1], other()[:-1]) == (squares(2, 3)[:-1], squares(4)[:-1])
    assert warm.beside(squares)() != squares()  # another process


def test_work_beside_this_process_raises_what_it_would_raise_here():
    with pytest.raises(ReportError, match="not here") as told:
        warm.beside(refused, Path("somewhere/here"))()
    assert told.value.findings == [Finding("why", "file.csv", 3)]


def test_work_whose_process_is_killed_is_done_here(monkeypatch):
    monkeypatch.setenv("DRIVER", str(os.getpid()))
    assert warm.beside(dying)() == 7


def test_work_is_done_here_where_a_fork_would_have_read_other_settings(monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "12345")
    assert warm.beside(squares)() == [os.getpid()]


# Killed


def test_a_killed_kernel_is_seen_at_once(manager):
    manager.start_kernel()
    assert manager.is_alive()
    os.kill(manager.provisioner.pid, signal.SIGKILL)
    assert manager.provisioner.process.wait(5) == -signal.SIGKILL
    assert not manager.is_alive()


def test_a_killed_parent_takes_its_kernels_with_it_and_is_replaced(manager):
    manager.start_kernel()
    kernel = psutil.Process(manager.provisioner.pid)
    assert kernel.ppid() != os.getpid()
    kernel.parent().kill()
    assert manager.provisioner.process.wait(5) == -signal.SIGKILL
    assert gone([kernel])
    assert ran("print('again')") == ["again"]


DRIVER = """
from jupyter_client.connect import port_names
from jupyter_client.manager import KernelManager
for manager in (KernelManager(kernel_name="python3"), KernelManager(kernel_name="python3")):
    manager.start_kernel()
    print(manager.provisioner.pid, flush=True)
input()
"""


@pytest.mark.parametrize("kill", [psutil.Process.kill, psutil.Process.terminate], ids=["killed", "terminated"])
def test_nothing_is_left_of_a_killed_driver(kill: Callable[[psutil.Process], None]):
    started = subprocess.Popen(
        [sys.executable, "-c", DRIVER],
        env=os.environ | warm.ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with started:
        kernels = [psutil.Process(int(started.stdout.readline())) for _ in range(2)]
        everything = [*kernels, kernels[0].parent()]
        kill(psutil.Process(started.pid))
    assert gone(everything)
