"""The process of the engine and the two channels to it.

Both channels are socket pairs; the engine inherits its ends by number. The stdin of the engine is empty, and its stdout
is that of the script, where function hosts print. Its stderr is read from the start and forwarded to `sys.stderr`; the
last lines are kept, because they say why the engine died. The engine runs in its own session, so Ctrl-C reaches only
Python.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections import deque
from typing import IO, Any

from shardline._bridge.engine import EngineCommand

LAST_LINES = 50
_EXIT_SECONDS = 5.0
_TERM_SECONDS = 2.0
_SEND_BUFFER_BYTES = 1 << 20


def _program() -> list[str]:
    """Returns the command of the script, which the engine reports to `shardline ps` and `stop`. Empty if there is no
    script."""
    if not sys.argv or not os.path.isfile(sys.argv[0]):  # noqa: PTH113
        return []
    return ["--program", json.dumps(sys.argv)]


_live: weakref.WeakSet[EngineProcess] = weakref.WeakSet()


class EngineProcess:
    """Owns the channels, and the process if this object has started it."""

    def __init__(
        self, control: socket.socket, functions: socket.socket, process: subprocess.Popen[bytes] | None
    ) -> None:
        self.control = control
        self.functions = functions
        self._process = process
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._stderr_thread: threading.Thread | None = None
        if process is not None:
            assert process.stderr is not None
            self._stderr_thread = threading.Thread(
                target=self._forward_stderr, args=(process.stderr,), name="shardline-stderr", daemon=True
            )
            self._stderr_thread.start()
        _live.add(self)

    @classmethod
    def start(cls, command: EngineCommand) -> EngineProcess:
        control, remote_control = socket.socketpair()
        functions, remote_functions = socket.socketpair()
        for sock in (functions, remote_functions):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        with remote_control, remote_functions:
            descriptors = (remote_control.fileno(), remote_functions.fileno())
            shown = _progress_descriptor()
            progress = [] if shown is None else ["--progress-fd", str(shown)]
            argv = command.argv(
                "engine",
                "--control-fd",
                str(descriptors[0]),
                "--function-fd",
                str(descriptors[1]),
                *progress,
                *_program(),
            )
            try:
                process = subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=None,
                    stderr=subprocess.PIPE,
                    pass_fds=descriptors if shown is None else (*descriptors, shown),
                    start_new_session=True,
                )
            except BaseException:
                control.close()
                functions.close()
                raise
            finally:
                if shown is not None:
                    os.close(shown)
        return cls(control, functions, process)

    @classmethod
    def attach(cls, control_fd: int, function_fd: int) -> EngineProcess:
        """Returns the engine that started this process."""
        for descriptor in (control_fd, function_fd):
            os.set_inheritable(descriptor, False)
        return cls(socket.socket(fileno=control_fd), socket.socket(fileno=function_fd), None)

    @property
    def is_child(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def last_words(self) -> str:
        """Returns how the process ended, with its last lines on stderr. Call it after a channel has ended."""
        ending = "the engine closed its channels"
        if self._process is not None:
            try:
                code = self._process.wait(_EXIT_SECONDS)
            except subprocess.TimeoutExpired:
                ending = "the engine closed its channels and still runs"
            else:
                ending = (
                    f"the engine ended with exit code {code}"
                    if code >= 0
                    else f"the engine was ended by {_signal(-code)}"
                )
        if self._stderr_thread is not None:
            self._stderr_thread.join(_TERM_SECONDS)
        lines = list(self._lines)
        return ending + ("; its last lines were:\n" + "\n".join(f"  {line}" for line in lines) if lines else "")

    def close_channels(self) -> None:
        """Closes the channels, which ends the engine and the threads that serve them."""
        for sock in (self.control, self.functions):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """Closes the channels, then sends SIGTERM, then SIGKILL. Each step has a time limit. Idempotent."""
        self.close_channels()
        self.control.close()
        self.functions.close()
        if self._process is not None:
            self._end_process(self._process)

    def _end_process(self, process: subprocess.Popen[bytes]) -> None:
        for action, seconds in ((None, _EXIT_SECONDS), (process.terminate, _TERM_SECONDS), (process.kill, None)):
            if action is not None:
                action()
            try:
                process.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        if self._stderr_thread is not None:
            self._stderr_thread.join(_TERM_SECONDS)

    def _forward_stderr(self, stream: IO[bytes]) -> None:
        with stream:
            for raw in stream:
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                self._lines.append(line)
                # The pipe of the engine must be read even if the script has replaced or closed sys.stderr.
                with contextlib.suppress(Exception):
                    sys.stderr.write(line + "\n")
                    sys.stderr.flush()

    def _forget(self) -> None:
        """Closes the descriptors in a forked child. Its copies would keep the channels open after this process has
        ended."""
        for sock in (self.control, self.functions):
            descriptor = sock.detach()
            if descriptor >= 0:
                os.close(descriptor)
        if self._process is not None:
            self._process.returncode = 0  # the child cannot wait for it
            # The raw file, because a thread that does not exist in the child may hold the lock of the buffered file.
            stderr: Any = self._process.stderr
            with contextlib.suppress(OSError):
                stderr.raw.close()


_shows_progress = False


def _progress_descriptor() -> int | None:
    """Returns a copy of this process's stderr if SHARDLINE_PROGRESS is set. The engine shows the progress of jobs
    there, because its own stderr is a pipe. The variable is removed from the environment, so that programs that the
    script starts do not inherit it."""
    global _shows_progress
    _shows_progress = bool(os.environ.pop("SHARDLINE_PROGRESS", None)) or _shows_progress
    if not _shows_progress or sys.__stderr__ is None:
        return None
    try:
        return os.dup(sys.__stderr__.fileno())
    except (OSError, ValueError):
        return None


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _after_fork_in_child() -> None:
    for process in list(_live):
        process._forget()
    _live.clear()


os.register_at_fork(after_in_child=_after_fork_in_child)
