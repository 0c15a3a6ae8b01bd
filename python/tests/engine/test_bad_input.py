"""Errors of a script, its environment and its streams. Each gives one clear message that says what to do, and soon an
exit code that is not zero. No secret is shown."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys

import pytest
from conftest import ENGINE

from shardline.version import __version__

LAUNCHERS = pytest.mark.parametrize("launcher", ["python", "node"])
SECRET = "wJalrXUtnFEMI-K7MDENG-bPxRfiCY"

JOB = """
    env = environment(checkpoints=1000)
    write(read(env, {source!r}).map(lambda value: value + "!", STRING), {target!r})
    env.execute("job")
"""


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch, tmp_path):
    """A home without AWS settings, and a secret that no message may show."""
    for name in list(os.environ):
        if name.startswith("AWS_") and name != "AWS_ENDPOINT_URL_KINESIS":
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


@pytest.fixture
def job(kinesis):
    """Returns the code of a job between two streams, which exist by default."""

    def make(source=None, target=None):
        return JOB.format(source=source or kinesis.stream(), target=target or kinesis.stream())

    return make


def fails(script, exit_code=1):
    """Returns the last line of the output, all of which is short."""
    code, out, err = script.end(30)
    assert (code, out) == (exit_code, ""), err
    assert SECRET not in err
    assert err.count("Traceback") <= 1
    assert len(err.splitlines()) < 12, err
    assert "shardline.mjs" not in err
    return err.splitlines()[-1]


@LAUNCHERS
def test_something_that_is_no_arn(job, run, launcher):
    assert fails(run(job("arn:aws:kinesis:flights"), launcher=launcher)) == (
        "shardline.errors.ConfigurationError: 'arn:aws:kinesis:flights' is not the ARN of a Kinesis stream. "
        "It should look like arn:aws:kinesis:us-east-1:123456789012:stream/name."
    )


@LAUNCHERS
@pytest.mark.parametrize("which", ["source", "target"])
def test_a_stream_that_is_not_there(job, run, launcher, which):
    arn = "arn:aws:kinesis:us-east-1:000000000000:stream/flihgts"
    said = fails(run(job(**{which: arn}), "--stop-at", "latest", launcher=launcher))
    assert said.startswith("shardline.errors.ServiceError: ")
    assert "stream flihgts" in said
    assert "Check the name, the region and the account, or create the stream: aws kinesis create-stream" in said
    assert said.endswith("or shardline local --stream flihgts for a stream on this machine.")


@LAUNCHERS
def test_a_stream_of_another_region(kinesis, job, run, launcher):
    arn = kinesis.stream().replace("us-east-1", "eu-west-1")
    said = fails(run(job(arn), launcher=launcher))
    assert "eu-west-1" in said
    assert "Check the name, the region and the account" in said


@LAUNCHERS
def test_no_credentials(job, run, launcher, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    said = fails(run(job(), launcher=launcher))
    assert said.startswith("shardline.errors.ServiceError: No AWS credentials: ")
    printed = "AWS_ACCESS_KEY_ID=emulator AWS_SECRET_ACCESS_KEY=emulator."
    assert said.endswith(f"is on this machine: export what 'shardline local' prints, {printed}")


def test_no_credentials_where_instance_metadata_never_answers(job, run, monkeypatch):
    """As behind a firewall that drops packets."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.delenv(name)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert "No AWS credentials" in fails(run(job()))
        silent.settimeout(1)
        silent.accept()[0].close()  # the metadata service got a request


@LAUNCHERS
def test_credentials_that_are_half_there(run, launcher):
    code = f"""
        env = environment()
        properties = {{"aws.region": "us-east-1", "aws.credentials.provider": "BASIC",
            "aws.credentials.provider.basic.secretkey": {SECRET!r}}}
        sink = KinesisStreamsSink.builder().set_stream_name("out").set_kinesis_client_properties(properties)
        sink = sink.set_serialization_schema(SimpleStringSchema())
        sink = sink.set_partition_key_generator(PartitionKeyGenerator.fixed()).build()
        env.from_collection(["a"], STRING).sink_to(sink)
        env.execute()
    """
    said = fails(run(code, launcher=launcher))
    assert "aws.credentials.provider is BASIC, which needs aws.credentials.provider.basic.accesskeyid" in said


@LAUNCHERS
def test_an_endpoint_without_a_listener(job, run, launcher, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL_KINESIS", f"http://127.0.0.1:{port}")
    said = fails(run(job(), launcher=launcher))
    assert f"cannot reach http://127.0.0.1:{port} (ECONNREFUSED)" in said
    assert "AWS_ENDPOINT_URL_KINESIS" in said


@LAUNCHERS
def test_an_endpoint_that_is_no_url(run, launcher):
    code = """
        config = Configuration().set_string("aws.endpoint", "localhost 4567")
        source = KinesisStreamsSource.builder().set_source_config(config)
        source = source.set_stream_arn("arn:aws:kinesis:us-east-1:000000000000:stream/in")
        source = source.set_deserialization_schema(SimpleStringSchema()).build()
        env = environment()
        env.from_source(source, WatermarkStrategy.no_watermarks(), "in", STRING).print()
        env.execute()
    """
    said = fails(run(code, launcher=launcher))
    assert "aws.endpoint: 'localhost 4567' is not a URL such as http://127.0.0.1:4567." in said


@LAUNCHERS
def test_an_option_that_is_not_known_is_a_warning(kinesis, job, run, launcher):
    options = ["--stop-at", "latest", "--conf", "execution.chekpointing.interval=1 s"]
    code, out, err = run(job(), *options, launcher=launcher).end()
    assert (code, out) == (0, "")
    assert err.count("execution.chekpointing.interval") == 1
    assert "is not known and changes nothing. Did you mean 'execution.checkpointing.interval'?" in err


@LAUNCHERS
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--conf", "parallelism.default=many"], "parallelism.default: 'many' is not a whole number from 1 to 32768."),
        (["--conf", "execution.checkpointing.interval=soon"], "is not a duration such as '500 ms', '10 s' or '5 min'."),
        (["--stop-at", "sometime"], "'sometime' is not a time. Give epoch seconds, or a time with a zone such as"),
        (["--restore", "/no/such"], "There is no complete checkpoint at /no/such"),
        (["--restore", "latest"], "'latest' was asked for, but there is no complete checkpoint in"),
    ],
)
def test_an_option_with_a_wrong_value(job, run, launcher, options, said):
    assert said in fails(run(job(), *options, launcher=launcher))


@LAUNCHERS
def test_a_script_that_raises(run, launcher):
    script = run("environment()\nraise LookupError('what the script said')", launcher=launcher)
    code, _, err = script.end()
    assert code == 1
    assert err.splitlines()[0] == "Traceback (most recent call last):"
    assert err.splitlines()[-1] == "LookupError: what the script said"


@LAUNCHERS
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("from pyflink.datastream import CoProcessFunction", "ImportError: CoProcessFunction is not in this"),
        (
            "from pyflink.datastream.connectors.kafka import KafkaSource",
            "ModuleNotFoundError: pyflink.datastream.connectors.kafka is not in this",
        ),
        ("from pyflink.table import StreamTableEnvironment", "ImportError: shardline.table.StreamTableEnvironment is"),
        ("import pyflink.table.catalog", "ModuleNotFoundError: catalog is not in this version of Shardline"),
        ("environment().from_collection([1]).connect", "AttributeError: DataStream.connect is not in this version"),
    ],
)
def test_a_name_of_pyflinks_that_does_not_exist_yet(run, launcher, code, said):
    assert fails(run(code, launcher=launcher)).startswith(said)


@LAUNCHERS
def test_the_parts_are_of_different_builds(run, launcher):
    code = """
        from shardline._bridge import engine
        engine.build_hash = lambda: "of another build"
        env = environment()
        env.from_collection([1]).print()
        env.execute()
    """
    said = fails(run(code, launcher=launcher), 3)
    assert said.startswith("shardline: stale build: ")
    assert said.endswith("run `npm run build`, or install shardline again")


def shardline(*command, **env):
    """Runs a `node` or `python` command to its end."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=30, check=False, env={**os.environ, **env}
    )  # fmt: skip
    assert SECRET not in done.stderr
    return done


NODE = ("node", str(ENGINE))
PYTHON = (sys.executable, "-m", "shardline")


@pytest.mark.parametrize("launcher", [PYTHON, NODE], ids=["python", "node"])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "/no/such/job.py"], "/no/such/job.py"),
        (["run"], "SCRIPT|script to run"),
        (["run", "--frobnicate", "job.py"], "--frobnicate"),
        (["run", "--conf", "novalue", "job.py"], "KEY=VALUE"),
        (
            ["frobnicate"],
            "Commands: run, local, ps, status, explain, stop, savepoint, checkpoint, rpc.",
        ),
        (["local", "--port", "many"], "--port: 'many' is not a port"),
        (["local", "--stream", "a b"], "--stream: 'a b' is not NAME or NAME:SHARDS"),
        (["rpc", "x"], "rpc takes no arguments"),
    ],
)
def test_a_wrong_command_line_exits_with_2_and_names_the_error(launcher, arguments, said):
    done = shardline(*launcher, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(said, done.stderr), done.stderr
    assert len(done.stderr.splitlines()) < 8


def executable(path, answer):
    path.write_text(f"#!/bin/sh\necho {answer}\n")
    path.chmod(0o755)
    return str(path)


def test_pips_launcher_without_node_or_with_one_that_is_too_old(run, monkeypatch, tmp_path):
    code = "env = environment()\nenv.from_collection([1]).print()\nenv.execute()"
    cases = [
        ({"SHARDLINE_NODE": "/nowhere/node"}, "shardline: SHARDLINE_NODE is '/nowhere/node', which is not an"),
        (
            {"SHARDLINE_NODE": executable(tmp_path / "node", "v18.19.0")},
            "shardline: Shardline needs Node 20.12 or newer",
        ),
        ({"PATH": str(tmp_path / "home")}, "shardline: Shardline needs Node 20.12 or newer, and there is no `node`"),
    ]
    for variables, said in cases:
        with monkeypatch.context() as patched:
            for name, value in variables.items():
                patched.setenv(name, value)
            assert fails(run(code), 3).startswith(said)


def test_npms_launcher_without_python_or_with_one_that_is_too_old(tmp_path):
    script = tmp_path / "job.py"
    script.write_text("")
    old, bare = executable(tmp_path / "old", "3 9 18 True"), executable(tmp_path / "bare", "3 12 1 False")
    cases = [
        (["--python", "/nowhere/python"], {}, "'/nowhere/python' cannot be run"),
        ([], {"SHARDLINE_PYTHON": old}, f"{old} is Python 3.9.18; Python 3.10 or newer is needed."),
        ([], {"SHARDLINE_PYTHON": bare}, f"{bare} (Python 3.12.1) has no package 'shardline'. Install the wheel"),
    ]
    for options, variables, said in cases:
        done = shardline(*NODE, "run", *options, str(script), **variables)
        assert (done.returncode, done.stdout) == (3, "")
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_npms_launcher_without_an_installed_package(tmp_path):
    """The engine is moved, so that there is no checkout next to it."""
    engine = tmp_path / "package" / "dist" / "engine" / "shardline.mjs"
    shutil.copytree(ENGINE.parent, engine.parent)
    (tmp_path / "job.py").write_text("")
    done = subprocess.run(
        [shutil.which("node"), str(engine), "run", "job.py"],
        capture_output=True, text=True, timeout=30, check=False, cwd=tmp_path, env={"PATH": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        "shardline: No Python to run the script with: there is no python3 on the PATH. Install Python 3.10 or newer "
        f"and the wheel of this release into it (pip install shardline-{__version__}-py3-none-any.whl), or name "
        "another with --python or SHARDLINE_PYTHON.\n"
    )


@pytest.mark.parametrize("launcher", [PYTHON, NODE], ids=["python", "node"])
def test_a_port_that_is_taken(launcher):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = shardline(*launcher, "local", "--port", str(port))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"127.0.0.1:{port}: the port is taken. --port 0 takes any port that is free." in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_local_says_what_to_export_and_ends_with_ctrl_c(tmp_path):
    process = subprocess.Popen(
        [*NODE, "local", "--port", "0", "--stream", "a:2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    said = [process.stdout.readline() for _ in range(7)]
    assert re.fullmatch(r"Kinesis is ready at http://127\.0\.0\.1:\d+\. Ctrl-C ends it\.\n", said[0])
    assert "arn:aws:kinesis:us-east-1:000000000000:stream/a" in said[1]
    assert said[3].startswith("export AWS_ENDPOINT_URL_KINESIS=http://127.0.0.1:")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")


@LAUNCHERS
def test_no_secret_is_logged(kinesis, run, launcher):
    source = kinesis.stream()
    kinesis.put(source, [("k", "a")])
    code = f"""
        properties = {{"aws.region": "us-east-1", "aws.credentials.provider.basic.accesskeyid": "id",
            "aws.credentials.provider.basic.secretkey": {SECRET!r}, "aws.credentials.provider.basic.sesiontoken": "x"}}
        env = environment()
        sink = KinesisStreamsSink.builder().set_stream_name("nowhere").set_kinesis_client_properties(properties)
        sink = sink.set_serialization_schema(SimpleStringSchema())
        sink = sink.set_partition_key_generator(PartitionKeyGenerator.fixed()).build()
        read(env, {source!r}).sink_to(sink)
        env.execute()
    """
    script = run(code, "--log-level", "debug", launcher=launcher)
    code, _, err = script.end()
    assert code == 1
    assert SECRET not in err
    assert "Did you mean 'aws.credentials.provider.basic.sessiontoken'?" in err
