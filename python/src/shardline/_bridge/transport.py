"""The engine's process and the two channels to it.

Both channels are socket pairs made here; the engine inherits its ends by number. Its stdin is empty, its stdout is the
script's (function hosts print there), its stderr is read from the first moment, forwarded to `sys.stderr`, and the last
lines are kept, because they say why it died. It runs in a session of its own, so Ctrl-C reaches Python alone.
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
    """For whoever asks the engine what it runs (`shardline ps`, `stop`). Nothing where there is no script."""
    if not sys.argv or not os.path.isfile(sys.argv[0]):  # noqa: PTH113
        return []
    return ["--program", json.dumps(sys.argv)]


_live: weakref.WeakSet[EngineProcess] = weakref.WeakSet()


class EngineProcess:
    """Owns the channels, and the process if it was started here."""

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
        """To the engine that started this process."""
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
        """How the process ended and its last lines on stderr. Call it after a channel has ended."""
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
        """The engine takes this for the end of its work, and so do our own threads."""
        for sock in (self.control, self.functions):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """Channels closed, then SIGTERM, then SIGKILL: each step has its time. Idempotent."""
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
                # Whoever replaced or closed sys.stderr must not stop the engine's pipe from being read.
                with contextlib.suppress(Exception):
                    sys.stderr.write(line + "\n")
                    sys.stderr.flush()

    def _forget(self) -> None:
        """In a forked child: its copies of the descriptors would keep the channels open after we are gone."""
        for sock in (self.control, self.functions):
            descriptor = sock.detach()
            if descriptor >= 0:
                os.close(descriptor)
        if self._process is not None:
            self._process.returncode = 0  # not the child's to wait for
            # The raw file: a thread that exists no more may have held the buffered one's lock.
            stderr: Any = self._process.stderr
            with contextlib.suppress(OSError):
                stderr.raw.close()


_shows_progress = False


def _progress_descriptor() -> int | None:
    """SHARDLINE_PROGRESS: the engine shows on this process's stderr how the jobs fare. A copy of it, because the
    engine's own stderr is a pipe. Taken out of the environment: a script that this one starts is another program."""
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
