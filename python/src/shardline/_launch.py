"""`python -m shardline._launch script.py arguments...`, which `shardline run` of the npm package starts. The process of
the launcher is the engine, and this process inherits its channels (SHARDLINE_ENGINE_FDS)."""

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
    """Makes Python write the number of each signal to the descriptor in SHARDLINE_SIGNAL_FD. The launcher passes SIGINT
    on only if this process has not received it."""
    text = os.environ.pop("SHARDLINE_SIGNAL_FD", None)
    if text:
        os.set_inheritable(int(text), False)
        os.set_blocking(int(text), False)
        signal.set_wakeup_fd(int(text), warn_on_full_buffer=False)


if __name__ == "__main__":
    sys.exit(main())
