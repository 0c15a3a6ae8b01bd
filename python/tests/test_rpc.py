"""The JSON-RPC peer, connected to a socket that a test writes to."""

from __future__ import annotations

import json
import socket
import sys
import threading

import pytest

from shardline._bridge import rpc
from shardline._bridge.rpc import Peer, UnknownMethodError
from shardline.errors import BridgeError, ConfigurationError


class Remote:
    """The other end of the channel, frame by frame."""

    def __init__(self):
        ours, self.sock = socket.socketpair()
        self.notifications = []
        self.ends = []
        self.ended = threading.Event()
        self.peer = Peer(ours, lambda *n: self.notifications.append(n), self._end)
        self.ours = ours
        self.reader = self.sock.makefile("rb")
        self.peer.start()

    def _end(self, error):
        self.ends.append(error)
        self.ended.set()

    def receive(self):
        length = int(self.reader.readline().split(b":")[1])
        assert self.reader.readline() == b"\r\n"
        return json.loads(self.reader.read(length))

    def send(self, message, header=b""):
        body = json.dumps(message).encode()
        self.sock.sendall(b"%bContent-Length: %d\r\n\r\n%b" % (header, len(body), body))

    def close(self):
        self.reader.close()
        self.sock.close()


@pytest.fixture
def remote():
    remote = Remote()
    yield remote
    remote.close()
    assert remote.ended.wait(5)
    remote.ours.close()


def test_a_call_is_answered(remote):
    future = remote.peer.call_async("job/status", {"jobId": "ü"})
    assert remote.receive() == {"jsonrpc": "2.0", "id": 1, "method": "job/status", "params": {"jobId": "ü"}}
    remote.send({"jsonrpc": "2.0", "id": 1, "result": {"state": "RUNNING"}})
    assert future.result(5) == {"state": "RUNNING"}


def test_answers_may_come_in_any_order(remote):
    futures = [remote.peer.call_async(method, {}) for method in "abc"]
    ids = [remote.receive()["id"] for _ in futures]
    for request_id in reversed(ids):
        remote.send({"jsonrpc": "2.0", "id": request_id, "result": request_id * 10})
    assert [future.result(5) for future in futures] == [request_id * 10 for request_id in ids]


def test_an_error_is_raised_as_its_class(remote):
    future = remote.peer.call_async("job/submit", {})
    remote.receive()
    data = {"code": "CONFIGURATION_INVALID", "details": {}, "remoteStack": None, "cause": None}
    remote.send({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "wrong", "data": data}})
    with pytest.raises(ConfigurationError, match="wrong"):
        future.result(5)


def test_unknown_headers_are_skipped(remote):
    remote.send({"jsonrpc": "2.0", "method": "log", "params": {"level": "info"}}, header=b"X-Attachment: 5\r\n")
    remote.close()
    assert remote.ended.wait(5)
    assert remote.notifications == [("log", {"level": "info"})]


def test_a_request_to_the_driver_is_answered_with_an_error(remote):
    remote.send({"jsonrpc": "2.0", "id": 7, "method": "driver/dance", "params": {}})
    answer = remote.receive()
    assert (answer["id"], answer["error"]["code"]) == (7, -32601)


def test_every_pending_call_fails_when_the_channel_ends(remote):
    futures = [remote.peer.call_async(method, {}) for method in "ab"]
    remote.close()
    for future in futures:
        with pytest.raises(BridgeError, match="closed the control channel"):
            future.result(5)
    assert remote.ended.wait(5)
    assert not remote.peer.is_open
    with pytest.raises(BridgeError, match="closed the control channel"):
        remote.peer.call("c", {}, 5)


@pytest.mark.parametrize(
    ("junk", "message"),
    [
        (b"Content-Length: 2\r\n\r\n{]", "not JSON-RPC"),
        (b"Content-Length: 99999999999\r\n\r\n", "a frame of 99999999999 bytes"),
        (b"Content-Type: text\r\n\r\n", "a frame of None bytes"),
        (b"x" * 5000, "header on the control channel is too long"),
        (b"Content-Length: 3\r\n\r\n[5]", "not JSON-RPC"),
    ],
)
def test_junk_ends_the_channel_with_its_reason(remote, junk, message):
    future = remote.peer.call_async("a", {})
    remote.sock.sendall(junk)
    with pytest.raises(BridgeError, match=message):
        future.result(5)


def test_a_call_without_an_answer_in_time_raises_a_timeout(remote):
    with pytest.raises(TimeoutError, match="did not answer 'slow' within"):
        remote.peer.call("slow", {}, 0.01)


def test_an_answer_that_comes_too_late_is_ignored(remote):
    with pytest.raises(TimeoutError):
        remote.peer.call("slow", {}, 0.01)
    remote.receive()
    remote.send({"jsonrpc": "2.0", "id": 1, "result": None})
    remote.send({"jsonrpc": "2.0", "id": 99, "result": None})
    future = remote.peer.call_async("next", {})
    remote.send({"jsonrpc": "2.0", "id": remote.receive()["id"], "result": 5})
    assert future.result(5) == 5


def test_not_a_number_is_refused_before_anything_is_sent(remote):
    with pytest.raises(ValueError, match="JSON"):
        remote.peer.call_async("a", {"x": float("nan")})
    assert remote.peer._pending == {}


def test_a_message_over_the_limit_is_refused_before_anything_is_sent(remote, monkeypatch):
    monkeypatch.setattr(rpc, "MAX_FRAME_BYTES", 100)
    with pytest.raises(BridgeError, match="over the limit of 100"):
        remote.peer.call_async("a", {"x": "y" * 100})
    assert remote.peer._pending == {}


def test_the_readers_thread_cannot_wait_for_itself():
    raised = []
    done = threading.Event()

    def call_back(method, params):
        try:
            remote.peer.call("a", {})
        except BridgeError as error:
            raised.append(error)
        done.set()

    remote = Remote()
    remote.peer._on_notification = call_back
    remote.send({"jsonrpc": "2.0", "method": "log", "params": {}})
    assert done.wait(5)
    assert "would wait forever" in str(raised[0])
    remote.close()
    assert remote.ended.wait(5)
    remote.ours.close()


def test_a_request_of_the_engine_is_answered_off_the_readers_thread():
    ours, theirs = socket.socketpair()
    release = threading.Event()

    def on_request(method, params):
        if method == "slow":
            assert release.wait(5)
        if method == "fails":
            raise ValueError("no idea")
        if method == "unknown":
            raise UnknownMethodError(method)
        if method == "unfinished":
            raise NotImplementedError("later")
        if method == "exits":
            sys.exit(3)
        return {"echo": params}

    peer = Peer(ours, lambda *n: None, lambda e: None, on_request)
    peer.start()
    remote = Remote.__new__(Remote)
    remote.sock, remote.reader = theirs, theirs.makefile("rb")
    remote.send({"jsonrpc": "2.0", "id": 1, "method": "slow", "params": {}})
    remote.send({"jsonrpc": "2.0", "id": 2, "method": "quick", "params": {"a": 1}})
    assert remote.receive() == {"jsonrpc": "2.0", "id": 2, "result": {"echo": {"a": 1}}}
    release.set()
    assert remote.receive()["id"] == 1
    remote.send({"jsonrpc": "2.0", "id": 3, "method": "fails", "params": {}})
    error = remote.receive()["error"]
    assert (error["code"], error["message"]) == (-32000, "ValueError: no idea")
    assert 'raise ValueError("no idea")' in error["data"]["traceback"]
    assert 'rpc.py", line' not in error["data"]["traceback"].replace("test_rpc.py", ""), (
        "from the program's own code on"
    )
    remote.send({"jsonrpc": "2.0", "id": 4, "method": "unknown"})
    assert remote.receive()["error"]["code"] == -32601
    remote.send({"jsonrpc": "2.0", "id": 5, "method": "unfinished"})
    error = remote.receive()["error"]
    assert (error["code"], error["message"]) == (-32000, "NotImplementedError: later"), "it is the program's own"
    remote.sock.settimeout(5)
    remote.send({"jsonrpc": "2.0", "id": 6, "method": "exits"})
    assert remote.receive()["error"]["message"] == "SystemExit: 3", "or the engine would wait forever"
    remote.close()
    ours.close()
