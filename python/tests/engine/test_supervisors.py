"""`--restore auto` is one command line for the first start and for every start after a crash."""

from __future__ import annotations

import os
import signal

import pytest

JOB = """
env = environment(checkpoints=50)
write(read(env, {source!r}).map(str.upper, STRING), {target!r})
env.execute("supervised")
"""


@pytest.mark.parametrize("launcher", ["python", "node"])
def test_a_job_that_is_killed_goes_on_by_the_same_command_line(kinesis, run, launcher, tmp_path):
    source, target = kinesis.stream(), kinesis.stream()
    code = JOB.format(source=source, target=target)
    checkpoints = tmp_path / "checkpoints"
    options = ("--restore", "auto", "--conf", f"execution.checkpointing.dir={checkpoints}")

    def newest():
        return max((int(p.parent.name[4:]) for p in checkpoints.glob("supervised/chk-*/_metadata")), default=0)

    expected = []
    for start in range(3):
        script = run(code, *options, launcher=launcher)
        records = [f"r{start}-{i}" for i in range(20)]
        kinesis.put(source, [("k", record) for record in records])
        expected += [record.upper().encode() for record in records]
        assert kinesis.wait_for(target, len(expected)) == expected
        before = newest()
        # The second checkpoint from now on starts after all records are written.
        script.wait_until(lambda before=before: newest() >= before + 2, "no checkpoints")
        for process in script.family():
            os.kill(process, signal.SIGKILL)
        script.wait_until(lambda script=script: not script.family(), "a process was left behind")
        assert ("restored from" in script.err) == (start > 0)
