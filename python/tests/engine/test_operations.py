"""Commands for a running job. The command of pip forwards these verbs to the command of Node, which connects to the
control socket of the engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

import pytest

JOB = """
    env = environment(checkpoints=150)
    env.configure(Configuration.from_dict({{"execution.checkpointing.dir": {checkpoints!r}}}))
    write(read(env, {source!r}).map(lambda value: value + "!", STRING), {target!r})
    env.execute("to be stopped")
    print("after")
"""


@pytest.fixture(autouse=True)
def sockets(monkeypatch):
    """A folder for the control sockets of this test, with a path that is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="sl-", dir="/tmp") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
        yield folder


def shardline(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "shardline", *arguments], capture_output=True, text=True, check=False, timeout=40
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("launcher", ["python", "node", "plain"])
def test_a_script_is_seen_stopped_with_a_savepoint_and_goes_on_from_it(kinesis, run, tmp_path, launcher):
    source, target = kinesis.stream(2), kinesis.stream(1)
    code = JOB.format(source=source, target=target, checkpoints=str(tmp_path / "checkpoints"))
    kinesis.put(source, [(f"key-{n}", str(n)) for n in range(100)])
    script = run(code, launcher=launcher)
    kinesis.wait_for(target, 100)

    status, out, err = shardline("ps", "--json")
    assert status == 0, err
    (row,) = json.loads(out)
    assert row["name"] == "to be stopped"
    assert row["state"] == "RUNNING"
    assert row["recordsRead"] == 100
    assert os.path.samefile(row["program"][0], script.path)
    assert shardline("explain", row["jobId"][:6])[0] == 0

    status, path, err = shardline("stop", f"--savepoint={tmp_path}/saved")
    assert status == 0, err
    assert f"shardline run --restore {path.strip()} {script.path}" in err
    ended, printed, said = script.end()
    assert (ended, printed) == (0, "after\n"), said

    kinesis.put(source, [(f"key-{n}", str(n)) for n in range(100, 150)])
    again = run(code, "--restore", path.strip(), "--stop-at", "latest")
    assert again.end()[0] == 0, again.err
    assert sorted(kinesis.read(target)) == sorted(f"{n}!".encode() for n in range(150))


def test_a_plain_stop_drains_and_tells_the_script_that_it_was_cancelled(kinesis, run, tmp_path):
    source, target = kinesis.stream(1), kinesis.stream(1)
    script = run(JOB.format(source=source, target=target, checkpoints=str(tmp_path / "checkpoints")))
    kinesis.put(source, [("key", str(n)) for n in range(50)])
    kinesis.wait_for(target, 1)
    status, path, err = shardline("stop", "to be stopped")
    assert status == 0, err
    assert "/chk-" in path
    ended, printed, said = script.end()
    assert (ended, printed) == (1, "")
    assert "JobCancellationException" in said
    assert shardline("ps", "--json") == (0, "[]\n", "")


def test_a_job_without_a_control_socket_is_not_found(kinesis, run, tmp_path, sockets):
    source, target = kinesis.stream(1), kinesis.stream(1)
    kinesis.put(source, [("key", "1")])
    code = JOB.format(source=source, target=target, checkpoints=str(tmp_path / "checkpoints"))
    run(code, "--conf", "shardline.door.enabled=false")
    kinesis.wait_for(target, 1)
    assert shardline("ps", "--json") == (0, "[]\n", "")
    assert os.listdir(sockets) == []
