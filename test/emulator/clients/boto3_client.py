"""Drives the emulator with boto3, as a stock client would: the life of a stream and of a consumer. Ends with `done`."""

import datetime
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

MIDDLE = str(2**127)


def main(endpoint: str) -> None:
    kinesis = boto3.client(
        "kinesis",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=20),
    )
    stream_arn = kinesis.describe_stream_summary(StreamName="flights")["StreamDescriptionSummary"]["StreamARN"]

    reshard(kinesis)
    page_shards(kinesis)
    read_from_a_time(kinesis)
    subscribe(kinesis, stream_arn)
    print("done")


def shards(kinesis, **filters):
    return kinesis.list_shards(StreamName="flights", **filters)["Shards"]


def reshard(kinesis) -> None:
    (first,) = shards(kinesis)
    kinesis.split_shard(StreamName="flights", ShardToSplit=first["ShardId"], NewStartingHashKey=MIDDLE)
    low, high = shards(kinesis, ShardFilter={"Type": "AT_LATEST"})
    assert low["ParentShardId"] == high["ParentShardId"] == first["ShardId"]
    kinesis.merge_shards(StreamName="flights", ShardToMerge=low["ShardId"], AdjacentShardToMerge=high["ShardId"])
    (merged,) = shards(kinesis, ShardFilter={"Type": "AT_LATEST"})
    assert {merged["ParentShardId"], merged["AdjacentParentShardId"]} == {low["ShardId"], high["ShardId"]}
    assert "EndingSequenceNumber" in shards(kinesis)[0]["SequenceNumberRange"]


def page_shards(kinesis) -> None:
    ids, page = [], kinesis.list_shards(StreamName="flights", MaxResults=1)
    while True:
        ids += [shard["ShardId"] for shard in page["Shards"]]
        assert len(page["Shards"]) == 1
        if "NextToken" not in page:
            break
        page = kinesis.list_shards(NextToken=page["NextToken"], MaxResults=1)
    assert ids == [shard["ShardId"] for shard in shards(kinesis)]
    assert len(ids) == 4
    # boto3's own paginator sends the name with the token, which the service refuses too.
    paged = kinesis.get_paginator("list_shards").paginate(StreamName="flights", PaginationConfig={"PageSize": 3})
    assert refusal(lambda: list(paged)) == "InvalidArgumentException"


def read_from_a_time(kinesis) -> None:
    (shard,) = shards(kinesis, ShardFilter={"Type": "AT_LATEST"})
    for data in (b"a", b"b"):
        kinesis.put_record(StreamName="flights", Data=data, PartitionKey="k")
    result = kinesis.put_records(StreamName="flights", Records=[{"Data": b"\x00\xff", "PartitionKey": "ü"}])
    assert result["FailedRecordCount"] == 0
    trim = {"StreamName": "flights", "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    records = get(kinesis, trim)
    assert [record["Data"] for record in records] == [b"a", b"b", b"\x00\xff"]
    assert records[2]["PartitionKey"] == "ü"
    at = {**trim, "ShardIteratorType": "AT_TIMESTAMP"}
    assert get(kinesis, {**at, "Timestamp": records[0]["ApproximateArrivalTimestamp"]}) == records
    assert get(kinesis, {**at, "Timestamp": records[2]["ApproximateArrivalTimestamp"]})[-1:] == records[2:]
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    assert refusal(lambda: get(kinesis, {**at, "Timestamp": then})) == "InvalidArgumentException"
    number = {"StartingSequenceNumber": records[1]["SequenceNumber"]}
    assert get(kinesis, {**trim, **number, "ShardIteratorType": "AT_SEQUENCE_NUMBER"}) == records[1:]
    assert get(kinesis, {**trim, **number, "ShardIteratorType": "AFTER_SEQUENCE_NUMBER"}) == records[2:]
    assert get(kinesis, {**trim, "ShardIteratorType": "LATEST"}) == []


def get(kinesis, position):
    iterator = kinesis.get_shard_iterator(**position)["ShardIterator"]
    return kinesis.get_records(ShardIterator=iterator)["Records"]


def subscribe(kinesis, stream_arn: str) -> None:
    consumer = kinesis.register_stream_consumer(StreamARN=stream_arn, ConsumerName="app")["Consumer"]
    described = kinesis.describe_stream_consumer(StreamARN=stream_arn, ConsumerName="app")["ConsumerDescription"]
    assert described["ConsumerStatus"] == "ACTIVE"
    arn = consumer["ConsumerARN"]
    assert kinesis.describe_stream_consumer(ConsumerARN=arn)["ConsumerDescription"] == described
    assert [each["ConsumerARN"] for each in kinesis.list_stream_consumers(StreamARN=stream_arn)["Consumers"]] == [arn]

    *_, shard = shards(kinesis)
    start = {"ConsumerARN": arn, "ShardId": shard["ShardId"], "StartingPosition": {"Type": "TRIM_HORIZON"}}
    events = iter(kinesis.subscribe_to_shard(**start)["EventStream"])
    first = next(events)["SubscribeToShardEvent"]
    assert [record["Data"] for record in first["Records"]] == [b"a", b"b", b"\x00\xff"]
    assert first["ContinuationSequenceNumber"] > first["Records"][-1]["SequenceNumber"]
    assert next(events)["SubscribeToShardEvent"]["Records"] == []
    kinesis.put_record(StreamName="flights", Data=b"c", PartitionKey="k")
    assert [record["Data"] for record in skip_empty(events)["Records"]] == [b"c"]
    assert refusal(lambda: kinesis.subscribe_to_shard(**start)) == "ResourceInUseException"
    kinesis.split_shard(StreamName="flights", ShardToSplit=shard["ShardId"], NewStartingHashKey=MIDDLE)
    last = skip_empty(events)
    assert len(last["ChildShards"]) == 2
    assert "ContinuationSequenceNumber" not in last
    assert list(events) == []

    child = {**start, "ShardId": last["ChildShards"][0]["ShardId"]}
    events = iter(kinesis.subscribe_to_shard(**child)["EventStream"])
    kinesis.deregister_stream_consumer(ConsumerARN=arn)
    assert refusal(lambda: list(events)) == "ResourceNotFoundException"
    assert refusal(lambda: kinesis.describe_stream_consumer(ConsumerARN=arn)) == "ResourceNotFoundException"


def skip_empty(events):
    for event in events:
        if event["SubscribeToShardEvent"]["Records"] or event["SubscribeToShardEvent"].get("ChildShards"):
            return event["SubscribeToShardEvent"]
    raise AssertionError("the subscription ended")


def refusal(call) -> str:
    try:
        call()
    except (ClientError, EventStreamError) as error:
        return error.response["Error"]["Code"]
    raise AssertionError("not refused")


if __name__ == "__main__":
    main(sys.argv[1])
