"""The control channel: a JSON-RPC 2.0 peer on a socket. A message is `Content-Length: N\\r\\n\\r\\n` and N bytes of
UTF-8 JSON.

One thread reads, and any thread may call. The future of a call is registered before its request is written. Every
pending future fails when the channel ends.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from shardline._bridge import errors
from shardline.errors import BridgeError

MAX_FRAME_BYTES = 64 * 1024 * 1024
_MAX_HEADER_BYTES = 4096
_SEND_TIMEOUT_SECONDS = 30

Params = Mapping[str, Any]


class UnknownMethodError(Exception):
    """The engine asks for a method that this driver does not have."""


class Peer:
    """`on_notification(method, params)` and `on_end(error)` run on the thread of the reader, so they must not block.
    `on_request(method, params)` runs on a thread of its own and may block; it raises `UnknownMethodError` for an
    unknown method."""

    def __init__(
        self,
        sock: socket.socket,
        on_notification: Callable[[str, dict[str, Any]], None],
        on_end: Callable[[BridgeError], None],
        on_request: Callable[[str, dict[str, Any]], Any] | None = None,
    ) -> None:
        self._sock = sock
        # A peer that has stopped reading must not block a caller forever.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _SEND_TIMEOUT_SECONDS, 0))
        self._reader = sock.makefile("rb", buffering=1 << 16)
        self._on_notification = on_notification
        self._on_end = on_end
        self._on_request = on_request
        self._ids = itertools.count(1)
        self._lock = threading.Lock()  # guards the next three attributes
        self._write_lock = threading.Lock()
        self._pending: dict[int, Future[Any]] = {}
        self._ended: BridgeError | None = None
        self._thread = threading.Thread(target=self._read, name="shardline-control", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def is_open(self) -> bool:
        with self._lock:
            return self._ended is None

    def call(self, method: str, params: Params, timeout: float | None = None) -> Any:
        """Returns the result, or raises the error as an exception. Raises `TimeoutError` when the answer takes too
        long."""
        if threading.current_thread() is self._thread:
            raise BridgeError(f"{method}: a blocking call from the thread that reads the answers would wait forever")
        try:
            return self.call_async(method, params).result(timeout)
        except FutureTimeoutError:
            raise TimeoutError(f"the engine did not answer {method!r} within {timeout} s") from None

    def call_async(self, method: str, params: Params) -> Future[Any]:
        future: Future[Any] = Future()
        with self._lock:
            if self._ended is not None:
                future.set_exception(self._ended)
                return future
            request_id = next(self._ids)
            self._pending[request_id] = future
        try:
            self._write({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
        except BaseException as error:
            with self._lock:
                self._pending.pop(request_id, None)
            if isinstance(error, OSError):
                raise BridgeError(f"cannot send {method!r} to the engine: {error}") from error
            raise
        return future

    def notify(self, method: str, params: Params) -> None:
        try:
            self._write({"jsonrpc": "2.0", "method": method, "params": params})
        except OSError as error:
            raise BridgeError(f"cannot send {method!r} to the engine: {error}") from error

    def _write(self, message: Mapping[str, Any]) -> None:
        body = json.dumps(message, allow_nan=False, separators=(",", ":")).encode()
        if len(body) > MAX_FRAME_BYTES:
            raise BridgeError(f"a message of {len(body)} bytes is over the limit of {MAX_FRAME_BYTES}")
        with self._write_lock:
            self._sock.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    # ---- on the thread of the reader

    def _read(self) -> None:
        try:
            while (body := self._read_frame()) is not None:
                self._dispatch(json.loads(body))
            end = BridgeError("the engine closed the control channel")
        except ConnectionError:
            end = BridgeError("the engine closed the control channel")
        except OSError as error:
            end = BridgeError(f"the control channel broke: {error}")
        except BridgeError as error:
            end = error
        except Exception as error:  # noqa: BLE001 - otherwise every caller would wait forever
            end = BridgeError(f"the control channel received a message that is not JSON-RPC: {error!r}")
        with self._lock:
            self._ended = end
            pending = list(self._pending.values())
            self._pending.clear()
        for future in pending:
            if not future.done():
                future.set_exception(end)
        self._reader.close()
        self._on_end(end)

    def _read_frame(self) -> bytes | None:
        length: int | None = None
        size = 0
        while (line := self._reader.readline(_MAX_HEADER_BYTES)) not in (b"\r\n", b""):
            size += len(line)
            if size > _MAX_HEADER_BYTES or not line.endswith(b"\n"):
                raise BridgeError("a frame's header on the control channel is too long")
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
        if not line:
            return None
        if length is None or not 0 <= length <= MAX_FRAME_BYTES:
            raise BridgeError(f"a frame of {length} bytes on the control channel")
        body = self._reader.read(length)
        return body if len(body) == length else None

    def _dispatch(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is None:
            with self._lock:
                future = self._pending.pop(message["id"], None)
            if future is None or not future.set_running_or_notify_cancel():
                return
            if message.get("error") is not None:
                future.set_exception(errors.from_response(message["error"]))
            else:
                future.set_result(message.get("result"))
        elif message.get("id") is not None:
            arguments = (message["id"], method, message.get("params") or {})
            threading.Thread(target=self._answer, args=arguments, name="shardline-answer", daemon=True).start()
        else:
            self._on_notification(method, message.get("params") or {})

    def _answer(self, request_id: Any, method: str, params: dict[str, Any]) -> None:
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": request_id}
        try:
            if self._on_request is None:
                raise UnknownMethodError(method)
            answer["result"] = self._on_request(method, params)
        except UnknownMethodError:
            answer["error"] = {"code": -32601, "message": f"the driver has no method {method!r}"}
        except BaseException as error:  # noqa: BLE001 - the engine gets every error, SystemExit too
            from shardline._bridge.functions import formatted  # imported here, for errors only

            data = {"traceback": formatted(error)}
            answer["error"] = {"code": -32000, "message": f"{type(error).__name__}: {error}", "data": data}
        # An engine that has ended waits for no answer.
        with contextlib.suppress(OSError, BridgeError):
            self._write(answer)
