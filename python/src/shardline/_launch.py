"""`python -m shardline._launch script.py arguments...`: what npm's `shardline run` starts. The launcher's own process
is the engine already, and its channels are inherited (SHARDLINE_ENGINE_FDS)."""

from __future__ import annotations

import os
import signal
import sys

from shardline import _script


def main() -> int:
    if len(sys.argv) < 2:
        print("usage: python -m shardline._launch SCRIPT [ARGUMENT ...]", file=sys.stderr)
        return _script.EXIT_USAGE
    _report_signals()
    return _script.run(sys.argv[1], sys.argv[2:])


def _report_signals() -> None:
    """SHARDLINE_SIGNAL_FD: Python writes the number of each signal there, as it comes. The launcher passes SIGINT on
    only where this process has not got it."""
    text = os.environ.pop("SHARDLINE_SIGNAL_FD", None)
    if text:
        os.set_inheritable(int(text), False)
        os.set_blocking(int(text), False)
        signal.set_wakeup_fd(int(text), warn_on_full_buffer=False)


if __name__ == "__main__":
    sys.exit(main())
