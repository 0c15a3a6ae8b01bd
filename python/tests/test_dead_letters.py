"""Handlers of dead letters, without an engine."""

from __future__ import annotations

import base64
import threading

import pytest

from shardline._bridge import requests
from shardline.common import SimpleStringSchema
from shardline.datastream.connectors.kinesis import (
    DeadLetter,
    DeadLetterHandler,
    KinesisFirehoseSink,
    KinesisStreamsSink,
    PartitionKeyGenerator,
    RecordPosition,
)
from shardline.errors import ConfigurationError

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/rejected"
POSITION = {
    "stream": "in",
    "shardId": "shardId-000000000001",
    "sequenceNumber": "495",
    "subSequenceNumber": 2,
    "partitionKey": "in key",
}


def letter(**changes):
    return {
        "stream": "out",
        "code": "RECORD_TOO_LARGE",
        "message": "too large",
        "partitionKey": None,
        "explicitHashKey": None,
        "data": base64.b64encode(b"\xff\0").decode(),
        "position": None,
        **changes,
    }


def streams():
    builder = KinesisStreamsSink.builder().set_stream_name("out").set_serialization_schema(SimpleStringSchema())
    return builder.set_partition_key_generator(PartitionKeyGenerator.random())


def firehose():
    return KinesisFirehoseSink.builder().set_delivery_stream_name("out").set_serialization_schema(SimpleStringSchema())


@pytest.mark.parametrize("builder", [streams, firehose])
def test_a_file_a_stream_or_a_callable(builder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def spec(handler):
        return builder().set_dead_letter_handler(handler).build()._spec()["deadLetters"]

    assert builder().build()._spec()["deadLetters"] is None
    assert spec(DeadLetterHandler.file("a.jsonl")) == {"type": "file", "path": str(tmp_path / "a.jsonl")}
    by_arn = {"type": "kinesis-streams", "streamArn": ARN, "streamName": None, "configuration": {}}
    assert spec(DeadLetterHandler.stream(ARN)) == by_arn
    properties = {"aws.region": "eu-west-1"}
    by_name = {**by_arn, "streamArn": None, "streamName": "rejected", "configuration": properties}
    assert spec(DeadLetterHandler.stream("rejected", properties)) == by_name
    assert spec(print)["type"] == "python"


def test_an_object_that_is_no_handler_is_refused():
    async def later(letter):
        pass

    with pytest.raises(TypeError, match=r"takes a callable of a DeadLetter, .* not 'rejected.jsonl'"):
        streams().set_dead_letter_handler("rejected.jsonl")
    with pytest.raises(TypeError, match="takes a function that is not async"):
        streams().set_dead_letter_handler(later)
    with pytest.raises(ConfigurationError, match="takes the ARN or the name of a stream, not ''"):
        DeadLetterHandler.stream("")
    with pytest.raises(ConfigurationError, match="is not the ARN of a Kinesis stream"):
        DeadLetterHandler.stream("arn:aws:sqs:us-east-1:000000000000:rejected")
    with pytest.raises(ConfigurationError, match=r"aws.trust.all.certificates: 'perhaps'"):
        DeadLetterHandler.stream("rejected", {"aws.trust.all.certificates": "perhaps"})


def test_the_callable_itself_is_called_with_each_letter():
    got = []
    spec = streams().set_dead_letter_handler(got.append).build()._spec()["deadLetters"]
    letters = [letter(), letter(partitionKey="k", explicitHashKey=str(2**128 - 1), position=POSITION)]
    assert requests.answer("driver/deadLetters", {"pickle": spec["pickle"], "letters": letters}) == {}
    assert got == [
        DeadLetter("out", "RECORD_TOO_LARGE", "too large", None, None, b"\xff\0", None),
        DeadLetter(
            stream="out",
            code="RECORD_TOO_LARGE",
            message="too large",
            partition_key="k",
            explicit_hash_key=2**128 - 1,
            data=b"\xff\0",
            position=RecordPosition("in", "shardId-000000000001", "495", 2, "in key"),
        ),
    ]


def test_a_callable_that_cannot_be_pickled_is_a_handler_too():
    lock = threading.Lock()
    spec = streams().set_dead_letter_handler(lambda got: lock.acquire()).build()._spec()["deadLetters"]
    requests.answer("driver/deadLetters", {"pickle": spec["pickle"], "letters": [letter()]})
    assert lock.locked()


def test_letters_of_several_subtasks_come_one_after_the_other():
    busy = threading.Lock()
    overlaps = []

    def handler(got):
        if not busy.acquire(blocking=False):
            overlaps.append(got)
            return
        threading.Event().wait(0.005)
        busy.release()

    spec = streams().set_dead_letter_handler(handler).build()._spec()["deadLetters"]
    params = {"pickle": spec["pickle"], "letters": [letter()] * 5}
    threads = [threading.Thread(target=requests.answer, args=("driver/deadLetters", params)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == []


def test_what_the_callable_raises_is_raised():
    def refuse(got):
        raise LookupError(got.code)

    spec = streams().set_dead_letter_handler(refuse).build()._spec()["deadLetters"]
    with pytest.raises(LookupError, match="RECORD_TOO_LARGE"):
        requests.answer("driver/deadLetters", {"pickle": spec["pickle"], "letters": [letter()]})


def test_a_handler_that_returns_a_coroutine_is_an_error():
    async def store(got):
        raise AssertionError("nobody runs it")

    spec = streams().set_dead_letter_handler(lambda got: store(got)).build()._spec()["deadLetters"]
    with pytest.raises(TypeError, match="coroutine"):
        requests.answer("driver/deadLetters", {"pickle": spec["pickle"], "letters": [letter()]})
