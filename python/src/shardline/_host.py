"""A function host: `python -m shardline._host`. The engine starts it in `process` mode, with the function channel on
descriptor 3.

It answers the frames of the channel and exits when the channel ends, even if a function is still running. The driver
handles Ctrl-C and SIGTERM: a job drains through its hosts.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import threading
import time

from shardline import _alias
from shardline._bridge.functions import Runner

_CHANNEL_FD = 3
_GRACE_SECONDS = 5.0


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: None)  # not SIG_IGN, which programs that functions start would inherit
    if os.environ.get(_alias.VARIABLE) == "1":
        _alias.install()
    parameters: dict[str, str] = json.loads(os.environ.pop("SHARDLINE_JOB_PARAMETERS", "") or "{}")
    os.set_inheritable(_CHANNEL_FD, False)
    sock = socket.socket(fileno=_CHANNEL_FD)
    os.register_at_fork(after_in_child=lambda: os.close(sock.detach()))
    threading.Thread(target=_watch, args=(sock,), name="shardline-watch", daemon=True).start()
    Runner(sock, lambda: parameters).run()


def _watch(sock: socket.socket) -> None:
    """Ends the process some time after the engine has ended, because a function that never returns
    must not outlive it."""
    poll = select.poll()
    poll.register(sock, getattr(select, "POLLRDHUP", 0) | select.POLLHUP)
    poll.poll()
    time.sleep(_GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
