"""Drives the emulator with boto3, as a stock client would, and calls every operation of boto3. Ends with `done`."""

import datetime
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

MIDDLE = str(2**127)
ROLE = "arn:aws:iam::000000000000:role/delivery"
BUCKET = {
    "BucketARN": "arn:aws:s3:::flights-archive",
    "ExpectedBucketOwner": "000000000000",
}


def main(endpoint: str) -> None:
    kinesis = boto3.client(
        "kinesis",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=20),
    )
    called = set()
    kinesis.meta.events.register("before-call.kinesis", lambda model, **_: called.add(model.name))
    stream_arn = kinesis.describe_stream_summary(StreamName="flights")["StreamDescriptionSummary"]["StreamARN"]

    reshard(kinesis)
    page_shards(kinesis)
    read_from_a_time(kinesis)
    subscribe(kinesis, stream_arn)
    settings(kinesis)
    encryption_and_monitoring(kinesis)
    tags_and_policies(kinesis)
    account(kinesis)
    queues(kinesis)
    channels(kinesis)
    limits_and_end(kinesis)
    missing = set(kinesis.meta.service_model.operation_names) - called
    assert missing == set(), missing
    print("done")


def shards(kinesis, **filters):
    return kinesis.list_shards(StreamName="flights", **filters)["Shards"]


def reshard(kinesis) -> None:
    (first,) = shards(kinesis)
    kinesis.split_shard(StreamName="flights", ShardToSplit=first["ShardId"], NewStartingHashKey=MIDDLE)
    low, high = shards(kinesis, ShardFilter={"Type": "AT_LATEST"})
    assert low["ParentShardId"] == high["ParentShardId"] == first["ShardId"]
    kinesis.merge_shards(
        StreamName="flights",
        ShardToMerge=low["ShardId"],
        AdjacentShardToMerge=high["ShardId"],
    )
    (merged,) = shards(kinesis, ShardFilter={"Type": "AT_LATEST"})
    assert {merged["ParentShardId"], merged["AdjacentParentShardId"]} == {
        low["ShardId"],
        high["ShardId"],
    }
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
    trim = {
        "StreamName": "flights",
        "ShardId": shard["ShardId"],
        "ShardIteratorType": "TRIM_HORIZON",
    }
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
    start = {
        "ConsumerARN": arn,
        "ShardId": shard["ShardId"],
        "StartingPosition": {"Type": "TRIM_HORIZON"},
    }
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


def summary(kinesis, name):
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]


def settings(kinesis) -> None:
    kinesis.create_stream(StreamName="trains", ShardCount=2, Tags={"team": "rail"})
    kinesis.get_waiter("stream_exists").wait(StreamName="trains")
    arn = summary(kinesis, "trains")["StreamARN"]
    kinesis.increase_stream_retention_period(StreamName="trains", RetentionPeriodHours=48)
    assert summary(kinesis, "trains")["RetentionPeriodHours"] == 48
    kinesis.decrease_stream_retention_period(StreamARN=arn, RetentionPeriodHours=24)
    kinesis.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=2048)
    kinesis.put_record(StreamName="trains", Data=bytes(1_500_000), PartitionKey="k")
    scaled = kinesis.update_shard_count(StreamName="trains", TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    assert (scaled["CurrentShardCount"], scaled["TargetShardCount"]) == (2, 4)
    for mode in ("PROVISIONED", "ON_DEMAND", "PROVISIONED", "ON_DEMAND"):
        kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": mode})
        described = summary(kinesis, "trains")
        assert described["StreamModeDetails"] == {"StreamMode": mode}
        assert described["OpenShardCount"] == 4
    assert (described["RetentionPeriodHours"], described["MaxRecordSizeInKiB"]) == (
        24,
        2048,
    )
    assert described["RecordDistributionStrategy"] == "USER_PARTITION_KEY"
    first = kinesis.describe_stream(StreamName="trains", Limit=3)["StreamDescription"]
    assert first["HasMoreShards"]
    rest = kinesis.describe_stream(StreamName="trains", ExclusiveStartShardId=first["Shards"][-1]["ShardId"])
    assert len(first["Shards"]) + len(rest["StreamDescription"]["Shards"]) == len(list_all(kinesis))
    assert kinesis.list_streams(Limit=1)["HasMoreStreams"]
    assert kinesis.get_paginator("list_streams").paginate(PaginationConfig={"PageSize": 1}).build_full_result()[
        "StreamNames"
    ] == ["flights", "trains"]


def list_all(kinesis):
    return kinesis.list_shards(StreamName="trains")["Shards"]


def encryption_and_monitoring(kinesis) -> None:
    key = {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
    kinesis.start_stream_encryption(StreamName="trains", **key)
    described = summary(kinesis, "trains")
    assert (described["EncryptionType"], described["KeyId"]) == (
        "KMS",
        "alias/aws/kinesis",
    )
    put = kinesis.put_record(StreamName="trains", Data=b"secret", PartitionKey="k")
    assert put["EncryptionType"] == "KMS"
    at = {
        "ShardIteratorType": "AT_SEQUENCE_NUMBER",
        "StartingSequenceNumber": put["SequenceNumber"],
    }
    (record,) = get(kinesis, {"StreamName": "trains", "ShardId": put["ShardId"], **at})
    assert (record["Data"], record["PartitionKey"], record["EncryptionType"]) == (
        b"secret",
        "k",
        "KMS",
    )
    kinesis.stop_stream_encryption(StreamName="trains", **key)
    assert summary(kinesis, "trains")["EncryptionType"] == "NONE"

    enabled = kinesis.enable_enhanced_monitoring(StreamName="trains", ShardLevelMetrics=["ALL"])
    assert enabled["CurrentShardLevelMetrics"] == []
    assert len(enabled["DesiredShardLevelMetrics"]) == 7
    kinesis.disable_enhanced_monitoring(StreamName="trains", ShardLevelMetrics=["IncomingBytes"])
    assert len(summary(kinesis, "trains")["EnhancedMonitoring"][0]["ShardLevelMetrics"]) == 6


def tags_and_policies(kinesis) -> None:
    arn = summary(kinesis, "trains")["StreamARN"]
    kinesis.add_tags_to_stream(StreamName="trains", Tags={"a": "1", "b": "2"})
    kinesis.remove_tags_from_stream(StreamName="trains", TagKeys=["a"])
    listed = kinesis.list_tags_for_stream(StreamName="trains")
    assert listed["Tags"] == [
        {"Key": "b", "Value": "2"},
        {"Key": "team", "Value": "rail"},
    ]
    kinesis.tag_resource(ResourceARN=arn, Tags={"c": ""})
    kinesis.untag_resource(ResourceARN=arn, TagKeys=["b", "team"])
    assert kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "c", "Value": ""}]

    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    kinesis.put_resource_policy(ResourceARN=arn, Policy=policy)
    assert kinesis.get_resource_policy(ResourceARN=arn)["Policy"] == policy
    kinesis.delete_resource_policy(ResourceARN=arn)
    assert refusal(lambda: kinesis.delete_resource_policy(ResourceARN=arn)) == "ResourceNotFoundException"


def account(kinesis) -> None:
    arn = summary(kinesis, "trains")["StreamARN"]
    before = kinesis.describe_account_settings()["MinimumThroughputBillingCommitment"]
    assert before == {"Status": "DISABLED"}
    warm = {"StreamARN": arn, "WarmThroughputMiBps": 6}
    assert refusal(lambda: kinesis.update_stream_warm_throughput(**warm)) == "InvalidArgumentException"
    enabled = kinesis.update_account_settings(MinimumThroughputBillingCommitment={"Status": "ENABLED"})
    commitment = enabled["MinimumThroughputBillingCommitment"]
    assert commitment["EarliestAllowedEndAt"] - commitment["StartedAt"] == datetime.timedelta(days=1)
    assert kinesis.update_stream_warm_throughput(**warm)["WarmThroughput"]["TargetMiBps"] == 6
    described = summary(kinesis, "trains")
    assert described["WarmThroughput"] == {"TargetMiBps": 6, "CurrentMiBps": 6}
    assert described["OpenShardCount"] == 6

    kinesis.update_stream_record_distribution_strategy(StreamARN=arn, RecordDistributionStrategy="AUTO")
    # boto3 needs no partition key now, and the record has none when it is read.
    put = kinesis.put_records(StreamName="trains", Records=[{"Data": b"x"}] * 12)
    assert {record["ShardId"] for record in put["Records"]} == {
        shard["ShardId"]
        for shard in kinesis.list_shards(StreamName="trains", ShardFilter={"Type": "AT_LATEST"})["Shards"]
    }
    first = put["Records"][0]
    at = {
        "ShardIteratorType": "AT_SEQUENCE_NUMBER",
        "StartingSequenceNumber": first["SequenceNumber"],
    }
    records = get(kinesis, {"StreamName": "trains", "ShardId": first["ShardId"], **at})
    assert [record["Data"] for record in records] == [b"x", b"x"]
    assert not any("PartitionKey" in record for record in records)
    kinesis.update_stream_record_distribution_strategy(StreamARN=arn, RecordDistributionStrategy="USER_PARTITION_KEY")
    keyless = {"StreamName": "trains", "Data": b"x"}
    assert refusal(lambda: kinesis.put_record(**keyless)) == "ValidationException"
    dry = {"StreamName": "trains", "Data": b"x", "PartitionKey": "k", "DryRun": True}
    assert refusal(lambda: kinesis.put_record(**dry)) == "DryRunOperationException"


def queues(kinesis) -> None:
    stream = summary(kinesis, "trains")["StreamARN"]
    attributes = {
        "VisibilityTimeoutSeconds": 60,
        "DeadLetterConfiguration": {"TargetType": "BUILT_IN", "MaxReceiveCount": 2},
    }
    created = kinesis.create_queue(
        QueueName="work",
        StreamConfigurationList=[{"StreamARN": stream, "StartingPosition": {"Type": "LATEST"}}],
        QueueAttributes=attributes,
        Tags={"team": "rail"},
    )["QueueDescription"]
    assert created["QueueStatus"] == "CREATING"
    arn = created["QueueARN"]
    described = kinesis.describe_queue(QueueARN=arn)["QueueDescription"]
    assert (described["QueueStatus"], described["QueueAttributes"]) == (
        "ACTIVE",
        attributes,
    )
    assert [
        queue["QueueName"] for queue in kinesis.list_queues(StreamFilter=[{"StreamARN": stream}])["QueueSummaries"]
    ] == ["work"]
    assert summary(kinesis, "trains")["QueueCount"] == 1
    assert refusal(lambda: kinesis.delete_stream(StreamName="trains")) == "ResourceInUseException"
    updated = kinesis.update_queue(QueueARN=arn, QueueAttributes={"VisibilityTimeoutSeconds": 30})["QueueDescription"]
    assert updated["QueueAttributes"] == {**attributes, "VisibilityTimeoutSeconds": 30}

    for data in (b"a", b"b"):
        kinesis.put_record(StreamName="trains", Data=data, PartitionKey="k")
    first, second = kinesis.receive_queue_records(QueueARN=arn)["QueueRecords"]
    assert [first["Data"], second["Data"]] == [b"a", b"b"]
    assert (first["PartitionKey"], first["ReceiveCount"]) == ("k", 1)
    done = kinesis.acknowledge_queue_records(QueueARN=arn, Entries=[handle(first), {"ReceiptHandle": "x"}])
    assert [entry["ReceiptHandle"] for entry in done["Successful"]] == [first["ReceiptHandle"]]
    assert [entry["ErrorCode"] for entry in done["Failed"]] == ["InvalidArgumentException"]

    visible = {
        "QueueARN": arn,
        "Entries": [{**handle(second), "VisibilityTimeoutSeconds": 0}],
    }
    assert kinesis.update_queue_records_visibility(**visible)["Failed"] == []
    (again,) = kinesis.receive_queue_records(QueueARN=arn, VisibilityTimeoutSeconds=0)["QueueRecords"]
    assert (again["RecordId"], again["ReceiveCount"]) == (second["RecordId"], 2)
    assert kinesis.receive_queue_records(QueueARN=arn, WaitTimeSeconds=1)["QueueRecords"] == []
    (dead,) = kinesis.receive_dead_letter_queue_records(QueueARN=arn)["QueueRecords"]
    assert dead["Data"] == b"b"
    visible = {
        "QueueARN": arn,
        "Entries": [{**handle(dead), "VisibilityTimeoutSeconds": 60}],
    }
    assert kinesis.update_dead_letter_queue_records_visibility(**visible)["Failed"] == []
    assert kinesis.restore_dead_letter_queue_records(QueueARN=arn, Entries=[handle(dead)])["Failed"] == []
    for _ in range(2):
        received = kinesis.receive_queue_records(QueueARN=arn, VisibilityTimeoutSeconds=0)["QueueRecords"]
        assert len(received) == 1
    (dead,) = kinesis.receive_dead_letter_queue_records(QueueARN=arn)["QueueRecords"]
    assert kinesis.acknowledge_dead_letter_queue_records(QueueARN=arn, Entries=[handle(dead)])["Failed"] == []
    assert kinesis.receive_dead_letter_queue_records(QueueARN=arn, WaitTimeSeconds=1)["QueueRecords"] == []
    kinesis.delete_queue(QueueARN=arn)
    assert refusal(lambda: kinesis.describe_queue(QueueARN=arn)) == "ResourceNotFoundException"


def handle(record):
    return {"ReceiptHandle": record["ReceiptHandle"]}


def channels(kinesis) -> None:
    stream = summary(kinesis, "trains")["StreamARN"]
    created = kinesis.create_channel(
        ChannelName="archive",
        ServiceExecutionRoleARN=ROLE,
        StreamConfigurationList=[{"StreamARN": stream, "RecordConfiguration": {"RecordFormatType": "JSON"}}],
        S3DestinationConfiguration={"StorageConfiguration": {**BUCKET, "CompressionType": "GZIP"}},
    )["ChannelDescription"]
    assert created["ChannelStatus"] == "CREATING"
    arn = created["ChannelARN"]
    kinesis.get_waiter("channel_active").wait(ChannelARN=arn)
    described = kinesis.describe_channel(ChannelARN=arn)["ChannelDescription"]
    assert described["S3DestinationConfiguration"]["DataFreshnessInSeconds"] == 300
    updated = kinesis.update_channel(ChannelARN=arn, S3DestinationConfiguration={"DataFreshnessInSeconds": 60})
    assert updated["ChannelDescription"]["ChannelStatus"] == "UPDATING"
    assert updated["ChannelDescription"]["S3DestinationConfiguration"]["DataFreshnessInSeconds"] == 60
    (listed,) = kinesis.list_channels()["ChannelSummaries"]
    assert (listed["ChannelARN"], listed["ChannelDestinationType"]) == (arn, "S3")
    kinesis.delete_channel(ChannelARN=arn)
    assert kinesis.list_channels()["ChannelSummaries"] == []


def limits_and_end(kinesis) -> None:
    limits = kinesis.describe_limits()
    assert (limits["OnDemandStreamCount"], limits["OpenShardCount"]) == (1, 8)
    kinesis.delete_stream(StreamName="trains", EnforceConsumerDeletion=True)
    kinesis.get_waiter("stream_not_exists").wait(StreamName="trains")


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
