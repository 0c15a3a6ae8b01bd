"""Jobs that end in a delivery stream of moto, which stores records in objects of S3."""

from __future__ import annotations

import logging

import boto3
import pytest
from moto.server import ThreadedMotoServer

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


class Firehose:
    def __init__(self, url):
        self.url = url
        self._firehose = boto3.client("firehose", endpoint_url=url, **KEYS)
        self._s3 = boto3.client("s3", endpoint_url=url, **KEYS)
        self._streams = 0

    def delivery_stream(self):
        """Makes a delivery stream, whose records are stored in a bucket of the same name. Returns the name."""
        self._streams += 1
        name = f"delivery-{self._streams}"
        self._s3.create_bucket(Bucket=name)
        destination = {"RoleARN": "arn:aws:iam::123456789012:role/delivery", "BucketARN": f"arn:aws:s3:::{name}"}
        self._firehose.create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination)
        return name

    def delivered(self, name):
        """Returns the bytes of each object. There is one object for each request."""
        objects = self._s3.list_objects_v2(Bucket=name).get("Contents", [])
        return [self._s3.get_object(Bucket=name, Key=o["Key"])["Body"].read() for o in objects]

    def close(self):
        self._firehose.close()
        self._s3.close()


@pytest.fixture(scope="module")
def firehose():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    firehose = Firehose(f"http://{host}:{port}")
    yield firehose
    firehose.close()
    server.stop()


DELIVER = """from shardline.datastream.connectors.kinesis import KinesisFirehoseSink

        def deliver(stream, name, **properties):
            sink = KinesisFirehoseSink.builder().set_delivery_stream_name(name)
            sink = sink.set_serialization_schema(SimpleStringSchema()).set_max_batch_size(100)
            sink = sink.set_firehose_client_properties({"aws.region": "us-east-1", **properties})
            stream.sink_to(sink.build())
"""


@pytest.mark.parametrize("launcher", ["python", "node"])
def test_every_record_is_delivered(kinesis, firehose, run, launcher):
    source, name = kinesis.stream(2), firehose.delivery_stream()
    kinesis.put(source, [(f"key-{n}", f"zürich {n}") for n in range(450)])
    code = f"""
        {DELIVER}
        env = environment(2)
        lines = read(env, {source!r}).map(lambda v: v.upper() + "\\n", STRING)
        deliver(lines, {name!r}, **{{"aws.endpoint": {firehose.url!r}}})
        env.execute("deliver")
    """
    assert run(code, "--stop-at", "latest", launcher=launcher).end() == (0, "", "")
    objects = firehose.delivered(name)
    assert sorted(b"".join(objects).decode().splitlines()) == sorted(f"ZÜRICH {n}" for n in range(450))
    assert max(o.count(b"\n") for o in objects) <= 100


def test_the_environment_may_name_the_endpoint(kinesis, firehose, run, monkeypatch):
    source, name = kinesis.stream(), firehose.delivery_stream()
    kinesis.put(source, [("k", "value\n")])
    monkeypatch.setenv("AWS_ENDPOINT_URL_FIREHOSE", firehose.url)
    code = f"""
        {DELIVER}
        env = environment()
        deliver(read(env, {source!r}), {name!r})
        env.execute("deliver")
    """
    assert run(code, "--stop-at", "latest").end() == (0, "", "")
    assert firehose.delivered(name) == [b"value\n"]


def test_a_missing_delivery_stream_fails_at_once(kinesis, firehose, run):
    code = f"""
        {DELIVER}
        env = environment(checkpoints=1000)
        deliver(env.from_collection(["a"], STRING), "nowhere", **{{"aws.endpoint": {firehose.url!r}}})
        env.execute("deliver")
    """
    code, _, err = run(code).end()
    assert code == 1
    assert "DescribeDeliveryStream on delivery stream nowhere failed: ResourceNotFoundException" in err
    assert "shardline.errors.ServiceError" in err


def test_a_record_that_is_too_large_for_firehose_is_a_dead_letter(kinesis, firehose, run):
    name = firehose.delivery_stream()
    code = f"""
        from shardline.datastream.connectors.kinesis import KinesisFirehoseSink
        letters = []
        env = environment()
        sink = KinesisFirehoseSink.builder().set_delivery_stream_name({name!r}).set_dead_letter_handler(letters.append)
        sink = sink.set_firehose_client_properties({{"aws.region": "us-east-1", "aws.endpoint": {firehose.url!r}}})
        large = "x" * (1000 * 1024 + 1)
        stream = env.from_collection(["a\\n", large, "b\\n"], STRING)
        stream.sink_to(sink.set_serialization_schema(SimpleStringSchema()).build())
        env.execute("deliver")
        print([(letter.stream, letter.code, len(letter.data), letter.position) for letter in letters])
    """
    status, out, err = run(code).end()
    assert (status, out) == (0, f"[({name!r}, 'RECORD_TOO_LARGE', 1024001, None)]\n")
    assert "read 3 records, wrote 2, left out 1 given to the dead letters" in err
    assert b"".join(firehose.delivered(name)) == b"a\nb\n"
