"""The end of scripts, of the engine and of forked children. No process is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

PROLOGUE = """
import os, signal, sys, threading, time
from shardline._bridge import session
from shardline.common import Configuration, SimpleStringSchema, Types, WatermarkStrategy
from shardline.datastream import StreamExecutionEnvironment
from shardline.datastream.connectors.kinesis import KinesisStreamsSource

def environment(**options):
    env = StreamExecutionEnvironment.get_execution_environment()
    for key, value in options.items():
        env._configuration.set_string("env.fake." + key, value)
    return env

def endless(env):
    source = KinesisStreamsSource.builder().set_stream_arn("arn:aws:kinesis:us-east-1:000000000000:stream/in")
    source = source.set_deserialization_schema(SimpleStringSchema()).build()
    env._configuration.set_string("env.fake.endless", "true").set_string("env.fake.records", '["a"]')
    return env.from_source(source, WatermarkStrategy.no_watermarks(), "in", Types.STRING())

def tell(name="engine"):
    print(name, session.current().connection().process.pid, flush=True)
"""


@pytest.fixture
def program(tmp_path, fake_engine):
    """Starts a script. `read()` returns its next line."""
    started = []

    class Program:
        def __init__(self, code, **env):
            path = tmp_path / f"program-{len(started)}.py"
            path.write_text(PROLOGUE + textwrap.dedent(code))
            self.process = subprocess.Popen(
                [sys.executable, "-W", "error", str(path)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, **env},
            )
            started.append(self)

        def read(self):
            line = self.process.stdout.readline().split()
            assert line, self.process.communicate()
            return line[0], int(line[1])

        def end(self, timeout=30):
            out, err = self.process.communicate(timeout=timeout)
            return self.process.returncode, out, err

    yield Program
    for program in started:
        if program.process.poll() is None:
            program.process.kill()
        program.process.communicate()


def gone(pid, within=10.0):
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


def test_the_engine_ends_with_the_script(program):
    script = program("environment().from_collection([1]).map(str)\ntell()\n")
    _, engine = script.read()
    assert script.end() == (0, "", "")
    assert gone(engine, 0.5)


def test_the_engine_ends_with_a_script_that_fails(program):
    script = program("environment()\ntell()\nraise SystemExit(5)\n")
    _, engine = script.read()
    assert script.end()[0] == 5
    assert gone(engine, 0.5)


def test_a_job_that_was_not_waited_for_ends_with_the_script(program):
    script = program("env = environment()\nendless(env).map(str)\nenv.execute_async()\ntell()\n")
    _, engine = script.read()
    assert script.end() == (0, "", "")
    assert gone(engine, 0.5)


def test_an_iterator_that_is_not_closed_does_not_delay_the_script(program):
    script = program(
        """
        from shardline._functions import collecting
        collecting.MAX_VALUES = 5
        values = endless(environment()).execute_and_collect()
        next(values)
        time.sleep(0.3)
        tell()
        """
    )
    _, engine = script.read()
    started = time.monotonic()
    assert script.end() == (0, "", "")
    assert gone(engine, 0.5)
    assert time.monotonic() - started < 4


def test_the_engine_ends_when_the_script_is_killed(program):
    script = program("env = environment()\nendless(env).map(str)\nenv.execute_async()\ntell()\ntime.sleep(60)\n")
    _, engine = script.read()
    script.process.kill()
    assert gone(engine)


def test_the_engine_ends_when_the_script_is_terminated(program):
    script = program("environment()\ntell()\ntime.sleep(60)\n")
    _, engine = script.read()
    script.process.terminate()
    assert gone(engine)


def test_an_engine_that_ignores_everything_is_killed(program):
    script = program("environment()\ntell()\n", FAKE_STUBBORN="1")
    _, engine = script.read()
    started = time.monotonic()
    assert script.end()[0] == 0
    assert gone(engine, 0.5)
    assert time.monotonic() - started < 15


def test_ctrl_c_does_not_reach_the_engine(program):
    script = program(
        "environment()\ntry:\n    tell()\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    tell('after')\n"
    )
    _, engine = script.read()
    assert os.getpgid(engine) != os.getpgid(script.process.pid)
    script.process.send_signal(signal.SIGINT)
    assert script.read() == ("after", engine)
    assert script.end()[0] == 0


def test_closing_twice_is_closing_once(program):
    script = program("environment()\ntell()\nsession.close()\nsession.close()\n")
    _, engine = script.read()
    assert script.end() == (0, "", "")
    assert gone(engine, 0.5)


def test_a_forked_child_does_not_hold_the_engine_and_may_have_one_of_its_own(program):
    script = program(
        """
        env = environment()
        tell("parent")
        child = os.fork()
        if child == 0:
            own = environment()
            own.from_collection([1]).map(str)
            own.execute()
            tell("child")
            time.sleep(60)
            os._exit(0)
        env.from_collection([1]).map(str)
        env.execute()
        print("forked", child, flush=True)
        """
    )
    told = dict(script.read() for _ in range(3))
    assert told["parent"] != told["child"]
    assert gone(told["parent"]), "the child held the parent's channels open"
    assert not gone(told["child"], 0.2)
    os.kill(told["forked"], signal.SIGKILL)
    assert gone(told["child"])


def test_a_forked_child_that_ends_leaves_the_parents_engine_alone(program):
    script = program(
        """
        env = environment()
        tell()
        child = os.fork()
        if child == 0:
            sys.exit(0)
        os.waitpid(child, 0)
        env.from_collection([1]).map(str)
        env.execute()
        tell()
        """
    )
    assert script.read() == script.read()
    assert script.end() == (0, "", "")


def test_programs_that_the_script_starts_do_not_hold_the_engine(program):
    script = program(
        """
        import subprocess
        environment()
        tell()
        child = subprocess.Popen(["sleep", "60"], close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        print("sleep", child.pid, flush=True)
        os._exit(0)
        """
    )
    _, engine = script.read()
    _, sleeper = script.read()
    assert gone(engine)
    os.kill(sleeper, signal.SIGKILL)


def test_hosts_end_with_the_engine_even_while_a_function_hangs(program):
    script = program(
        """
        env = environment()
        env.configure(Configuration.from_dict({"python.execution-mode": "process"}))
        def hang(value):
            print("host", os.getpid(), flush=True)
            time.sleep(600)
        endless(env).map(hang)
        tell()
        env.execute()
        """
    )
    _, engine = script.read()
    _, host = script.read()
    os.kill(engine, signal.SIGKILL)
    assert gone(host)
    code, _, err = script.end()
    assert code == 1
    assert "the engine was ended by SIGKILL" in err


def test_stderr_may_be_closed(program):
    script = program("sys.stderr.close()\nenvironment().from_collection([1]).map(str).print()\ntell()\n")
    _, engine = script.read()
    assert script.end()[0] == 0
    assert gone(engine, 0.5)


def test_execute_works_in_a_thread(program):
    script = program(
        """
        def job():
            env = environment()
            env.set_parallelism(1)
            env.from_collection([7]).map(lambda n: f"value {n}").print()
            env.execute()
        thread = threading.Thread(target=job)
        thread.start()
        thread.join()
        """
    )
    assert script.read() == ("value", 7)
    assert script.end() == (0, "", "")
