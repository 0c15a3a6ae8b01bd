"""A function host: `python -m shardline._host`, started by the engine in `process` mode, function channel on fd 3.

It answers the channel's frames and exits when the channel ends, even if a function is still busy then. Ctrl-C and
SIGTERM are the driver's to handle: a job drains through its hosts.
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
    signal.signal(signal.SIGTERM, lambda *_: None)  # not SIG_IGN: programs that functions start would inherit it
    if os.environ.get(_alias.VARIABLE) == "1":
        _alias.install()
    parameters: dict[str, str] = json.loads(os.environ.pop("SHARDLINE_JOB_PARAMETERS", "") or "{}")
    os.set_inheritable(_CHANNEL_FD, False)
    sock = socket.socket(fileno=_CHANNEL_FD)
    os.register_at_fork(after_in_child=lambda: os.close(sock.detach()))
    threading.Thread(target=_watch, args=(sock,), name="shardline-watch", daemon=True).start()
    Runner(sock, lambda: parameters).run()


def _watch(sock: socket.socket) -> None:
    """Ends the process a while after the engine is gone: a function that never returns must not outlive it."""
    poll = select.poll()
    poll.register(sock, getattr(select, "POLLRDHUP", 0) | select.POLLHUP)
    poll.poll()
    time.sleep(_GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
