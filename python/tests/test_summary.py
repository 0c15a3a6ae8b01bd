"""The line about a job that has ended."""

from __future__ import annotations

from shardline._bridge.summary import lost, summary

SHARD = {"records": 1500, "skippedRecords": 0, "droppedUserRecords": 0, "deadLetters": 0}
SINK = {"records": 1490, "deadLetters": 0}


def metrics(shard=(), sink=(), **more):
    operators = [
        {"name": "Source: in", "numRecordsOut": 1500, "sink": None},
        {"name": "Sink", "numRecordsOut": 1490, "sink": {**SINK, **dict(sink)}},
    ]
    return {"shards": [{**SHARD, **dict(shard)}, SHARD], "operators": operators, "numRestarts": 0, **more}


def test_what_was_read_and_written():
    assert summary("orders", "FINISHED", 12.34, metrics()) == (
        "job 'orders' is FINISHED after 12.3 s: read 3,000 records, wrote 1,490"
    )
    assert lost(metrics()) == {}


def test_what_was_left_out():
    left = metrics({"skippedRecords": 2, "deadLetters": 1}, {"deadLetters": 4}, numRestarts=1)
    assert summary("orders", "CANCELED", 1, left) == (
        "job 'orders' is CANCELED after 1.0 s: read 3,000 records, wrote 1,490, "
        "left out 2 skipped, 5 given to the dead letters, since its last restart"
    )


def test_a_job_without_kinesis_counts_what_its_sources_gave():
    operators = [{"name": "Collection Source", "numRecordsOut": 3, "sink": None}]
    assert summary("x", "FINISHED", 0, {"operators": operators, "shards": []}).endswith(": read 3 records")
