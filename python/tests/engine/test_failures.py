"""Processes that are killed, and scripts that are interrupted. No record is lost, and no process is left behind."""

from __future__ import annotations

import os
import signal
import time

import pytest

ENDLESS = """
    env = environment(checkpoints=200)
    write(read(env, {source!r}).map(lambda value: value + "!", STRING), {target!r})
    env.execute("endless")
"""


@pytest.fixture
def streams(kinesis):
    return kinesis.stream(2), kinesis.stream(1)


def numbered(first, last):
    return [(f"key-{n % 10}", str(n)) for n in range(first, last)]


def numbers(kinesis, target):
    return [int(value.rstrip(b"!")) for value in kinesis.read(target)]


def wait_for_all(kinesis, target, count, timeout=40):
    deadline = time.monotonic() + timeout
    while set(found := numbers(kinesis, target)) != set(range(count)):
        assert time.monotonic() < deadline, f"{len(set(found))} of {count}"
        time.sleep(0.05)
    return found


def wait_until_gone(alive, pids, timeout=12):
    deadline = time.monotonic() + timeout
    while any(map(alive, pids)):
        assert time.monotonic() < deadline, "a process was left behind"
        time.sleep(0.05)


def test_the_engine_is_killed_and_the_job_goes_on(kinesis, run, streams, alive):
    source, target = streams
    script = run(ENDLESS.format(source=source, target=target))
    kinesis.put(source, numbered(0, 500))
    wait_for_all(kinesis, target, 500)
    time.sleep(0.6)  # time for one or two checkpoints
    (first,) = script.children("engine", "--control-fd")
    os.kill(first, signal.SIGKILL)
    kinesis.put(source, numbered(500, 1000))
    wait_for_all(kinesis, target, 1000)
    (second,) = script.children("engine", "--control-fd")
    assert second != first
    script.process.send_signal(signal.SIGINT)
    code, _, err = script.end()
    assert code == 130, err
    assert "the engine was ended by SIGKILL" in err
    wait_until_gone(alive, [second])


def test_an_engine_that_dies_before_the_first_checkpoint_is_replaced_too(kinesis, run, streams):
    source, target = streams
    script = run(ENDLESS.replace("checkpoints=200", "checkpoints=60_000").format(source=source, target=target))
    kinesis.put(source, numbered(0, 100))
    wait_for_all(kinesis, target, 100)
    (engine,) = script.children("engine", "--control-fd")
    os.kill(engine, signal.SIGKILL)
    kinesis.put(source, numbered(100, 200))
    wait_for_all(kinesis, target, 200)
    script.process.send_signal(signal.SIGINT)
    assert script.end()[0] == 130


def test_without_checkpoints_a_killed_engine_fails_the_script(kinesis, run, streams):
    source, target = streams
    script = run(ENDLESS.replace("checkpoints=200", "").format(source=source, target=target))
    kinesis.put(source, numbered(0, 10))
    wait_for_all(kinesis, target, 10)
    (engine,) = script.children("engine", "--control-fd")
    os.kill(engine, signal.SIGKILL)
    code, _, err = script.end()
    assert code == 1
    assert "EngineDiedError: the engine was ended by SIGKILL" in err


def test_a_script_that_is_killed_leaves_no_process_behind(kinesis, run, streams, alive):
    source, target = streams
    script = run(ENDLESS.format(source=source, target=target), "--conf", "python.execution-mode=process")
    kinesis.put(source, numbered(0, 10))
    wait_for_all(kinesis, target, 10)
    below = script.children()
    assert len(below) == 2
    script.process.kill()
    wait_until_gone(alive, below)


def test_a_host_that_cannot_start_its_functions_fails_the_job(kinesis, run, streams):
    source, target = streams
    code = f"""
        from pyflink.datastream import MapFunction
        class Broken(MapFunction):
            def open(self, runtime_context):
                raise OSError("no such database")
            def map(self, value):
                return value
        env = environment()
        write(read(env, {source!r}).map(Broken(), STRING), {target!r})
        env.execute()
    """
    exit_code, _, err = run(code, "--conf", "python.execution-mode=process").end()
    assert exit_code == 1
    assert "OSError: no such database" in err


def test_a_function_that_always_fails_ends_the_job_after_a_few_attempts(kinesis, run, streams):
    source, target = streams
    kinesis.put(source, numbered(0, 10))
    code = f"""
        env = environment(checkpoints=60_000)
        env.configure(Configuration().set_string("restart-strategy.exponential-delay.initial-backoff", "10 ms"))
        write(read(env, {source!r}).map(lambda value: value[100], STRING), {target!r})
        env.execute()
    """
    exit_code, _, err = run(code).end()
    assert exit_code == 1
    assert "IndexError: string index out of range" in err
    assert "restarting" in err
