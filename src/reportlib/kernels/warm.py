"""Warm kernels for papermill, nbclient, nbval and JupyterLab: the provisioner `warm-fork` of jupyter_client."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pickle
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from queue import Empty
from typing import Any, TypeVar

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

T = TypeVar("T")
GROUP, NAME = "jupyter_client.kernel_provisioners", "warm-fork"
# What makes every kernel a warm one; nothing where the package was installed before it had them.
ENVIRONMENT = {"JUPYTER_DEFAULT_PROVISIONER_NAME": NAME} if entry_points(group=GROUP, name=NAME) else {}
# What is read once, by the interpreter, a library or the loader: no forked kernel can differ in it from its parent.
READ_ONCE = ("PYTHON", "MPL", "OPENBLAS", "OMP_", "MKL_", "NPY_", "LD_", "DYLD_", "LC_", "LANG", "TZ")
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}  # none to lose at a fork
INLINE = "module://matplotlib_inline.backend_inline"
LAUNCHER = ["-m", "ipykernel_launcher"]
PATIENCE = 60.0  # seconds for the imports of the parent
SOCKETS = f"{NAME}-"  # begins the name of their folder
LONGEST = 80  # letters of the folder of that: the names of sockets have at most 103 or 107 (unix(7))
GOODBYE = 2.0  # seconds for a kernel to end when asked
TIMES = 50  # that a kernel is asked whether it is ready, each a fiftieth of a second after it answered


class Forked:
    """A kernel as the provisioner's `process`: what it uses of `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, number: int, link: socket.socket) -> None:
        self.pid, self.link = number, link
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self.wait(0)

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code, once there is one; a kernel whose parent is gone is ended, as if killed."""
        if self.returncode is None and select.select([self.link], [], [], timeout)[0]:
            told = _line(self.link)
            self.returncode = int(told) if told else -signal.SIGKILL
            self.link.close()
            if not told:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.pid, signal.SIGKILL)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class PromptClient(AsyncKernelClient):
    """Knows a kernel to be ready when that says so, where the client of Jupyter listens for 0.2 s of silence."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Ask until it is heard to be idle after an answer, since what it says before a client listens is lost."""
        for _ in range(TIMES):
            asked = self.kernel_info()
            try:
                reply = await self.shell_channel.get_msg(timeout=1)
            except Empty:  # it may be dead, which is seen below
                break
            with contextlib.suppress(Empty):
                while True:
                    told = await self.iopub_channel.get_msg(timeout=1 / TIMES)
                    if (told["parent_header"].get("msg_id"), told["content"].get("execution_state")) == (asked, "idle"):
                        return self._handle_kernel_info_reply(reply)
        await super().wait_for_ready(timeout)


class WarmFork(LocalProvisioner):
    """Forks Python kernels from a parent that has done the imports; any other kernel is started as ever."""

    process: Any

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """As ever, but with sockets in a folder of this user alone.

        A free port may be taken before the kernel binds it, and anyone on the machine could listen there to what
        chapters show before it is published.
        """
        manager = self.parent
        short = len(tempfile.gettempdir()) < LONGEST
        if short and manager and manager.ipykernel and manager.transport == "tcp":
            manager.transport, manager.ip = "ipc", f"{tempfile.mkdtemp(prefix=SOCKETS)}/s"
        if manager and manager.client_factory is AsyncKernelClient:
            manager.client_factory = PromptClient
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        self.process = await asyncio.to_thread(_fork, cmd, self._scrub_kwargs(kwargs))
        if self.process is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    async def cleanup(self, restart: bool = False) -> None:
        """As ever, and without the folder of the sockets, unless the kernel begins again."""
        await super().cleanup(restart)
        folder = Path(self.parent.ip).parent if self.parent else Path()
        if folder.name.startswith(SOCKETS) and not restart:
            shutil.rmtree(folder, ignore_errors=True)

    async def shutdown_requested(self, restart: bool = False) -> None:
        """Wait until the kernel ends, rather than look every tenth of a second whether it has."""
        if isinstance(self.process, Forked):
            await asyncio.to_thread(self.process.wait, GOODBYE)


def start() -> None:
    """Have a parent do its imports now, so that the first kernel need not wait for them."""
    with _lock:
        _parent()


def _fork(cmd: list[str], popen: dict[str, Any]) -> Forked | None:
    """A forked kernel, or None where only an ordinary one would be the same."""
    environment = dict(popen.pop("env", None) or os.environ)
    folder = popen.pop("cwd", None) or os.getcwd()
    out, err = (_handle(popen.pop(name, None), own) for name, own in (("stdout", 1), ("stderr", 2)))
    if popen or min(out, err) < 0 or cmd[:3] != [sys.executable, *LAUNCHER]:
        return None
    return _forked({"arguments": cmd[3:], "environment": environment, "folder": str(folder)}, out, err)


def _handle(stream: Any, own: int) -> int:
    """The descriptor of a file given to `subprocess.Popen`, or `own` without one; negative where it is to make one."""
    return own if stream is None else stream if isinstance(stream, int) else int(stream.fileno())


def _forked(request: dict[str, Any], out: int = 1, err: int = 2) -> Forked | None:
    """What is asked for, forked from the parent; None where that cannot be."""
    with _lock:
        parent = _parent()
        if parent.read_once != _read_once(request["environment"]):
            return None
        return parent.fork(request, out, err)


def beside(function: Callable[..., T], *arguments: Any) -> Callable[[], T]:
    """Have `function(*arguments)` worked out beside this process, by one forked with the imports done.

    What is returned waits for the outcome, and gives or raises it. Where nothing can be forked, or what was forked
    has died, it works it out itself. The outcome must be one that pickle can carry.
    """
    answer = tempfile.TemporaryFile()  # noqa: SIM115  until there is an outcome
    work = pickle.dumps((function, arguments)).hex()
    here = {"environment": dict(os.environ), "folder": os.getcwd(), "path": sys.path}
    forked = _forked({"work": work, **here}, answer.fileno())

    def outcome() -> T:
        with answer:
            if forked is None or forked.wait() != 0:
                return function(*arguments)
            answer.seek(0)
            found, error = pickle.load(answer)
        if error:
            raise error
        return found  # type: ignore[no-any-return]

    return outcome


class Parent:
    """The process that forks, started by and for this one."""

    def __init__(self) -> None:
        self.owner, self.read_once = os.getpid(), _read_once(os.environ)
        self.control, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.parent", str(theirs.fileno())],
                env={"MPLBACKEND": INLINE, "PYDEVD_DISABLE_FILE_VALIDATION": "1"} | os.environ | ONE_THREAD,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for this process, which then ends its kernels
            )

    @property
    def usable(self) -> bool:
        return self.owner == os.getpid() and self.process.poll() is None

    def fork(self, request: dict[str, Any], out: int, err: int) -> Forked | None:
        """Ask for a kernel that writes to `out` and `err`; None if the parent cannot give one."""
        link, theirs = socket.socketpair()
        link.settimeout(PATIENCE)
        try:
            with theirs:
                socket.send_fds(self.control, [b"k"], [theirs.fileno(), out, err])
            link.sendall(json.dumps(request).encode() + b"\n")
            number = _line(link)
        except OSError:
            number = ""
        if not number:
            link.close()
        return Forked(int(number), link) if number else None


_lock = threading.Lock()
_parents: list[Parent] = []  # one, or none yet


def _parent() -> Parent:
    if not _parents or not _parents[0].usable:
        _parents[:] = [Parent()]
    return _parents[0]


def _read_once(environment: Any) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(READ_ONCE)}


def _line(link: socket.socket) -> str:
    """One line, byte by byte since another may follow; empty when the other end is gone."""
    told = b""
    with contextlib.suppress(ConnectionResetError):
        while not told.endswith(b"\n") and (byte := link.recv(1)):
            told += byte
    return told.decode().strip()
