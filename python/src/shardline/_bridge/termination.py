"""SIGTERM ends a script as Ctrl-C does: its jobs are drained, and then the script exits with code 143.

A service manager signals every process of a service, and npm's launcher forwards its signals, so signals that arrive
together count as one. A later signal ends the process at once. A signal handler of the script stays in place.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from types import FrameType

EXIT_TERMINATED = 128 + signal.SIGTERM
_TOGETHER_SECONDS = 2.0

_since: float | None = None


class Terminated(SystemExit):
    """Raised in the main thread. `except Exception` does not catch it."""

    def __init__(self) -> None:
        super().__init__(EXIT_TERMINATED)


def install() -> None:
    """Installs the handler. Idempotent. Works in the main thread only, and only the main thread is interrupted."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminate)


def requested() -> bool:
    return _since is not None


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    global _since
    if _since is None:
        _since = time.monotonic()
        raise Terminated
    if time.monotonic() - _since > _TOGETHER_SECONDS:
        os._exit(EXIT_TERMINATED)  # the engine notices that its driver has ended


def _after_fork_in_child() -> None:
    if signal.getsignal(signal.SIGTERM) is _terminate:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


os.register_at_fork(after_in_child=_after_fork_in_child)
