"""The runner, over a socket pair: what it answers to each frame, and what it does not answer."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from shardline._bridge.functions import Runner
from shardline._functions import frames, operators, payloads
from shardline._functions.frames import FrameChannel, FrameType
from shardline.common import Types
from shardline.datastream import MapFunction

CLOSED = []


class Closing(MapFunction):
    def __init__(self, name, fail=False):
        self.name = name
        self.fail = fail

    def map(self, value):
        return value

    def close(self):
        CLOSED.append(self.name)
        if self.fail:
            raise ValueError("close failed")


class Engine:
    """The engine's end of a function channel."""

    def __init__(self):
        self.sock, theirs = socket.socketpair()
        self.channel = FrameChannel(self.sock)
        self.theirs = theirs
        self.runner = Runner(theirs, dict)
        self.thread = threading.Thread(target=self.runner.run)
        self.thread.start()

    def open(self, function_id, function, operation="map", subtask=0):
        spec = {
            "jobName": "job",
            "taskName": "task",
            "parallelism": 1,
            "maxParallelism": 128,
            "attempt": 0,
            "restoredState": None,
            "operators": [
                {
                    "id": 42,
                    "uid": None,
                    "name": "my map",
                    "operation": operation,
                    "pickle": operators.dump(function, Types.STRING()),
                    "input": "text",
                    "output": "text",
                }
            ],
        }
        self.send(FrameType.OPEN, function_id, subtask=subtask, body=json.dumps(spec).encode())

    def send(self, frame_type, function_id, sequence=0, subtask=0, **rest):
        self.channel.write(frames.encode(frame_type, function_id, subtask, sequence, **rest))

    def bundle(self, function_id, values, sequence=0, subtask=0):
        encoded = payloads.encode("text", values)
        self.send(
            FrameType.BUNDLE,
            function_id,
            sequence,
            subtask,
            kind=encoded.kind,
            flags=encoded.flags,
            count=encoded.count,
            body=encoded.body,
        )

    def read(self):
        self.sock.settimeout(10)
        return self.channel.read()

    def result(self):
        frame = self.read()
        assert frame.type == FrameType.RESULT
        return frame.sequence, payloads.decode(frame.kind, frame.flags, frame.count, frame.body)

    def failed(self):
        frame = self.read()
        assert frame.type == FrameType.FAILED
        return frame, json.loads(frame.body)

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        assert not self.thread.is_alive()
        self.channel.close()
        self.sock.close()
        self.theirs.close()


@pytest.fixture
def engine():
    CLOSED.clear()
    engine = Engine()
    yield engine
    engine.close()


def test_a_chain_is_opened_fed_snapshotted_and_closed(engine):
    engine.open(7, Closing("a"), subtask=3)
    assert (engine.read().type, CLOSED) == (FrameType.OPENED, [])
    engine.bundle(7, ["x", None], sequence=0, subtask=3)
    engine.bundle(7, ["y"], sequence=1, subtask=3)
    assert [engine.result(), engine.result()] == [(0, ["x", None]), (1, ["y"])]
    engine.send(FrameType.SNAPSHOT, 7, sequence=12, subtask=3)
    snapshotted = engine.read()
    assert (snapshotted.type, snapshotted.sequence, snapshotted.subtask, snapshotted.body) == (9, 12, 3, b"")
    engine.send(FrameType.CLOSE, 7, subtask=3)
    assert (engine.read().type, CLOSED) == (FrameType.CLOSED, ["a"])


def test_subtasks_of_one_function_are_apart(engine):
    engine.open(7, Closing("a"), subtask=0)
    engine.open(7, Closing("b"), subtask=1)
    engine.read()
    engine.read()
    engine.send(FrameType.CLOSE, 7, subtask=1)
    engine.read()
    assert CLOSED == ["b"]


def test_a_failure_says_everything_that_is_known(engine):
    engine.open(7, lambda value: {}[value])
    engine.read()
    engine.bundle(7, ["x"], sequence=5)
    frame, report = engine.failed()
    assert (frame.function, frame.sequence) == (7, 5)
    traceback = report.pop("traceback")
    assert report == {
        "errorType": "KeyError",
        "message": "'x'",
        "operatorId": 42,
        "operatorName": "my map",
        "index": 0,
    }
    assert "lambda value: {}[value]" in traceback
    assert "shardline/_functions" not in traceback
    assert "shardline/_bridge" not in traceback


def test_bundles_that_were_on_the_way_after_a_failure_are_answered_by_nothing(engine):
    engine.open(7, lambda value: value if value == "ok" else {}[value])
    engine.open(8, Closing("b"))
    engine.read()
    engine.read()
    for sequence, value in enumerate(["ok", "bad", "ok", "ok"]):
        engine.bundle(7, [value], sequence)
    engine.bundle(8, ["other"])
    assert engine.result() == (0, ["ok"])
    assert engine.failed()[0].sequence == 1
    assert engine.result() == (0, ["other"])
    engine.send(FrameType.CLOSE, 7)
    assert engine.read().type == FrameType.CLOSED


def test_a_chain_that_fails_to_open_is_answered_by_failed(engine):
    class Broken(Closing):
        def open(self, runtime_context):
            raise OSError("no such host")

    engine.open(7, Broken("broken"))
    report = engine.failed()[1]
    assert (report["errorType"], report["message"], report["index"]) == ("OSError", "no such host", None)
    engine.bundle(7, ["x"])
    engine.send(FrameType.CLOSE, 7)
    assert engine.read().type == FrameType.CLOSED


def test_a_function_that_fails_to_close_is_answered_by_failed(engine):
    engine.open(7, Closing("a", fail=True))
    engine.read()
    engine.send(FrameType.CLOSE, 7)
    assert engine.failed()[1]["message"] == "close failed"


def test_functions_are_closed_once_after_a_failure(engine):
    class Failing(Closing):
        def map(self, value):
            raise ValueError

    engine.open(7, Failing("a"))
    engine.read()
    engine.bundle(7, ["x"])
    engine.failed()
    engine.send(FrameType.CLOSE, 7)
    engine.read()
    assert CLOSED == ["a"]


def test_what_is_open_is_closed_when_the_channel_ends():
    CLOSED.clear()
    engine = Engine()
    engine.open(7, Closing("a"))
    engine.open(8, Closing("b", fail=True))
    engine.read()
    engine.read()
    engine.close()
    assert sorted(CLOSED) == ["a", "b"]


def test_a_class_that_cannot_be_found_where_it_is_needed_is_a_failure_of_its_operator(engine):
    spec = json.dumps(
        {
            "jobName": "job", "taskName": "task", "parallelism": 1, "maxParallelism": 1, "attempt": 0,
            "restoredState": None,
            "operators": [{"id": 1, "uid": None, "name": "m", "operation": "map", "input": "text", "output": "text",
                           "pickle": "KGNub3doZXJlCmZ1bmN0aW9uCk50Lg=="}],
        }
    )  # fmt: skip
    engine.send(FrameType.OPEN, 7, body=spec.encode())
    assert engine.failed()[1]["errorType"] == "ModuleNotFoundError"
