"""The runner over a socket pair: which frames it answers, and how."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading

import pytest

from shardline import _operator_pickle
from shardline._bridge.functions import Runner
from shardline._functions import frames, keys, payloads
from shardline._functions.frames import FrameChannel, FrameType
from shardline.common import Types
from shardline.datastream import KeyedProcessFunction, MapFunction
from shardline.datastream.state import ValueStateDescriptor

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

    def open(self, function_id, function, operation="map", subtask=0, **more):
        spec = {
            "jobName": "job",
            "taskName": "task",
            "parallelism": 1,
            "maxParallelism": 128,
            "attempt": 0,
            "version": 5,
            "keyed": False,
            "operators": [
                {
                    "id": 42,
                    "uid": None,
                    "name": "my map",
                    "operation": operation,
                    "pickle": _operator_pickle.dump(function, Types.STRING()),
                    "input": "text",
                    "output": "text",
                }
            ],
            **more,
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
        "value": "'x'",
    }
    assert "lambda value: {}[value]" in traceback
    assert re.search(r'File ".*test_runner\.py", line \d+, in <lambda>', traceback)
    assert "shardline/_functions" not in traceback
    assert "shardline/_bridge" not in traceback


def test_bundles_after_a_failure_get_no_answer(engine):
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


def test_open_chains_are_closed_when_the_channel_ends():
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
            "version": 5,
            "keyed": False,
            "operators": [{"id": 1, "uid": None, "name": "m", "operation": "map", "input": "text", "output": "text",
                           "pickle": "KGNub3doZXJlCmZ1bmN0aW9uCk50Lg=="}],
        }
    )  # fmt: skip
    engine.send(FrameType.OPEN, 7, body=spec.encode())
    assert engine.failed()[1]["errorType"] == "ModuleNotFoundError"


class Count(KeyedProcessFunction):
    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value, ctx):
        self.count.update((self.count.value() or 0) + 1)
        ctx.timer_service().register_event_time_timer(10)
        ctx.timer_service().register_processing_time_timer(20)
        return [f"{ctx.get_current_key()}{self.count.value()}"]

    def on_timer(self, timestamp, ctx):
        return [f"{ctx.get_current_key()}@{timestamp}"]


def keyed_bundle(engine, function_id, values, sequence):
    encoded = payloads.encode("text", values)
    found = [keys.encode(value) for value in values]
    groups = struct.pack(f"<{len(values)}H", *(1 for _ in values))
    lengths = struct.pack(f"<{len(values)}I", *map(len, found))
    engine.send(
        FrameType.BUNDLE,
        function_id,
        sequence,
        kind=encoded.kind,
        flags=frames.HAS_KEYS | frames.HAS_KEY_GROUPS,
        count=encoded.count,
        body=groups + lengths + b"".join(found) + encoded.body,
    )


def test_a_keyed_chain_counts_fires_and_goes_on_from_its_snapshot(engine):
    engine.open(1, Count(), "process", keyed=True)
    assert engine.read().flags == 0
    keyed_bundle(engine, 1, ["a", "b", "a"], 0)
    assert engine.result() == (0, ["a1", "b1", "a2"])
    engine.send(FrameType.SNAPSHOT, 1, 7)
    snapshotted = engine.read()
    assert (snapshotted.type, snapshotted.sequence, snapshotted.count) == (FrameType.SNAPSHOTTED, 7, 0)
    engine.send(FrameType.WATERMARK, 1, 1, body=struct.pack("<d", 15))
    assert engine.result() == (1, ["a@10", "b@10"])
    engine.send(FrameType.RESTORE, 2, body=snapshotted.body)
    engine.open(2, Count(), "process", keyed=True)
    opened = engine.read()
    assert (opened.type, opened.flags, opened.body) == (FrameType.OPENED, frames.HAS_NEXT_TIMER, struct.pack("<d", 20))
    keyed_bundle(engine, 2, ["a"], 0)
    assert engine.result() == (0, ["a3"])
    engine.send(FrameType.PROCESSING_TIME, 2, 1, body=struct.pack("<d", 20))
    assert engine.result() == (1, ["a@20", "b@20"])
    engine.send(FrameType.WATERMARK, 2, 2, body=struct.pack("<d", float("inf")))
    assert engine.result() == (2, ["a@10", "b@10"])


def test_times_and_snapshots_for_a_failed_chain_get_no_answer(engine):
    engine.open(1, Count(), "process", keyed=True)
    engine.read()
    engine.bundle(1, ["no keys"])
    assert "came without keys" in engine.failed()[1]["message"]
    engine.send(FrameType.WATERMARK, 1, 1, body=struct.pack("<d", 15))
    engine.send(FrameType.SNAPSHOT, 1, 1)
    engine.send(FrameType.CLOSE, 1)
    assert engine.read().type == FrameType.CLOSED


def test_an_engine_of_another_version_is_refused(engine):
    engine.open(1, Closing("a"), version=frames.VERSION + 1)
    assert f"speaks version {frames.VERSION + 1} of the function channel" in engine.failed()[1]["message"]
