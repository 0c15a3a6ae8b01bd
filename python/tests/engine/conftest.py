"""The built engine and its embedded Kinesis, which boto3 reads and writes."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections import defaultdict
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

#: SHARDLINE_TEST_ENGINE names another build than that of the checkout.
ENGINE = Path(
    os.environ.get("SHARDLINE_TEST_ENGINE") or Path(__file__).parents[3] / "dist" / "engine" / "shardline.mjs"
)
ROOT = str(Path(__file__).parents[3])
REGION = "us-east-1"


def pytest_collection_modifyitems(items):
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.engine)
            if not ENGINE.exists():
                item.add_marker(pytest.mark.skip(reason="the engine is not built: npm run build"))


class Kinesis:
    """One emulator for all tests. Every test makes its own streams."""

    def __init__(self):
        self._process = subprocess.Popen(
            ["node", str(ENGINE), "local", "--port", "0", "--no-limits"], stdout=subprocess.PIPE, text=True
        )
        first = self._process.stdout.readline()
        self.endpoint = re.search(r"http://\S+?(?=[,.]? )|http://\S+?(?=[,.]?$)", first).group(0).rstrip(",.")
        self.client = boto3.client(
            "kinesis",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 2}),
        )
        self._streams = 0

    def stream(self, shards=1):
        """Makes a stream, and returns its ARN."""
        self._streams += 1
        name = f"stream-{self._streams}"
        self.client.create_stream(StreamName=name, ShardCount=shards)
        self.client.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
        return self.client.describe_stream(StreamName=name)["StreamDescription"]["StreamARN"]

    def put(self, arn, records):
        """Puts pairs of partition key and data. Returns the records of the answer, with shard and sequence number."""
        answers = []
        for start in range(0, len(records), 500):
            batch = [
                {"PartitionKey": key, "Data": data if isinstance(data, bytes) else data.encode()}
                for key, data in records[start : start + 500]
            ]
            answer = self.client.put_records(StreamARN=arn, Records=batch)
            assert answer["FailedRecordCount"] == 0
            answers += answer["Records"]
        return answers

    def read(self, arn):
        """Returns all records as bytes, shard by shard."""
        return [record["Data"] for records in self.shards(arn).values() for record in records]

    def shards(self, arn):
        records = defaultdict(list)
        for shard in self.client.list_shards(StreamARN=arn)["Shards"]:
            iterator = self.client.get_shard_iterator(
                StreamARN=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while iterator:
                answer = self.client.get_records(ShardIterator=iterator)
                records[shard["ShardId"]] += answer["Records"]
                iterator = answer.get("NextShardIterator")
                if not answer["Records"] and not answer["MillisBehindLatest"]:
                    break
        return records

    def wait_for(self, arn, count, timeout=40):
        """Waits until there are at least `count` records, and returns all of them."""
        deadline = time.monotonic() + timeout
        while len(found := self.read(arn)) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} records after {timeout} s"
            time.sleep(0.05)
        return found

    def close(self):
        self.client.close()
        self._process.terminate()
        self._process.communicate(timeout=10)


@pytest.fixture(scope="session")
def kinesis():
    if not ENGINE.exists():
        pytest.skip("the engine is not built")
    kinesis = Kinesis()
    yield kinesis
    kinesis.close()


@pytest.fixture(autouse=True)
def _aws(kinesis, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL_KINESIS", kinesis.endpoint)
    monkeypatch.setenv("SHARDLINE_ENGINE", str(ENGINE))


PROLOGUE = """
import json, os, sys, time
from pyflink.common import Configuration, SimpleStringSchema, Types, WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.kinesis import KinesisStreamsSink, KinesisStreamsSource, PartitionKeyGenerator

STRING = Types.STRING()

def environment(parallelism=1, checkpoints=None):
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(parallelism)
    if checkpoints:
        env.enable_checkpointing(checkpoints)
    return env

def read(env, arn, position="TRIM_HORIZON"):
    config = Configuration().set_string("source.init.position", position)
    config.set_string("source.reader.empty-records-fetch-interval", "20 ms")
    source = KinesisStreamsSource.builder().set_stream_arn(arn).set_source_config(config)
    source = source.set_deserialization_schema(SimpleStringSchema()).build()
    return env.from_source(source, WatermarkStrategy.no_watermarks(), "input", STRING)

def write(stream, arn):
    sink = KinesisStreamsSink.builder().set_stream_name(arn.split("/")[-1])
    sink = sink.set_kinesis_client_properties({"aws.region": arn.split(":")[3]})
    sink = sink.set_serialization_schema(SimpleStringSchema()).set_max_in_flight_requests(1)
    sink = sink.set_max_time_in_buffer_ms(50).set_partition_key_generator(PartitionKeyGenerator.fixed())
    stream.sink_to(sink.build())
"""


class Script:
    """A running script in a process group of its own, as a shell starts it. Options of `shardline` come first."""

    def __init__(self, path, command):
        self.path = path
        self.mark = f"SHARDLINE_TEST_SCRIPT={path}-{time.monotonic_ns()}"
        name, _, value = self.mark.partition("=")
        self._out, self._err = path.with_suffix(".out"), path.with_suffix(".err")
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                command, stdout=out, stderr=err, start_new_session=True, env={**os.environ, name: value}
            )

    @property
    def out(self):
        return self._out.read_text()

    @property
    def err(self):
        return self._err.read_text()

    def end(self, timeout=50):
        """Returns the exit code, stdout and stderr when all processes of the script have ended."""
        code = self.process.wait(timeout)
        self.wait_until(lambda: not self.family(), "a process was left behind", 12)
        return code, self.out, self.err

    def signal_group(self, number):
        """Signals the foreground group, as a terminal does for Ctrl-C. The engine of a Python driver is not in this
        group."""
        os.killpg(self.process.pid, number)

    def wait_until(self, condition, what, timeout=40):
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, f"{what}\n{self.err}"
            time.sleep(0.02)

    def family(self):
        """Returns every living process that has inherited the environment of this script, whichever process is its
        parent now."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                ours = self.mark.encode() in (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if ours and int(folder.name) != os.getpid():
                found.append(int(folder.name))
        return found

    def children(self, *words):
        """Returns the ids of the processes below this one whose command line has all of the words."""
        found = []
        pending = [self.process.pid]
        while pending:
            parent = pending.pop()
            try:
                children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
            except FileNotFoundError:
                continue
            tasks = Path(f"/proc/{parent}/task")
            for task in tasks.iterdir():
                try:
                    children += (task / "children").read_text().split()
                except FileNotFoundError:
                    continue
            for child in set(map(int, children)):
                pending.append(child)
                try:
                    line = Path(f"/proc/{child}/cmdline").read_text()
                except FileNotFoundError:
                    continue
                if all(word in line for word in words) and child not in found:
                    found.append(child)
        return found


@pytest.fixture
def run(tmp_path):
    """run(code, *options, launcher="python" | "node" | "npx" | "plain"). The last one is `python job.py`."""
    scripts = []

    def start(code, *options, launcher="python", arguments=()):
        path = tmp_path / f"job-{len(scripts)}.py"
        text = PROLOGUE + textwrap.dedent(code)
        path.write_text(text.replace("pyflink", "shardline") if launcher == "plain" else text)
        conf = ["--conf", f"execution.checkpointing.dir={tmp_path / 'checkpoints'}"]
        command = {
            "python": [sys.executable, "-m", "shardline", "run", *conf, *options],
            "node": ["node", str(ENGINE), "run", *conf, "--python", sys.executable, *options],
            # As `npx shardline run` in the folder of a project that depends on the package.
            "npx": ["npx", "--prefix", ROOT, "shardline", "run", *conf, "--python", sys.executable, *options],
            "plain": [sys.executable, *options],
        }[launcher]
        script = Script(path, [*command, str(path), *arguments])
        scripts.append(script)
        return script

    yield start
    for script in scripts:
        for process in script.family():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        script.process.wait()


@pytest.fixture
def alive():
    def check(pid):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"

    return check
