"""The command on the scripted engine: exit codes, arguments of the script, and verbs of the Node command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from shardline.version import __version__


@pytest.fixture
def script(tmp_path):
    def write(code):
        path = tmp_path / "job.py"
        path.write_text(textwrap.dedent(code))
        return str(path)

    return write


def command(*arguments):
    return [sys.executable, "-W", "error", "-m", "shardline", *arguments]


def shardline(*arguments, env=None, cwd=None):
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, env={**os.environ, **(env or {})}, check=False, cwd=cwd
    )


def test_help_goes_to_stdout():
    for arguments in (["--help"], ["-h"], ["help"]):
        done = shardline(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert "exit codes:" in done.stdout
    assert shardline().returncode == 2


def test_version_is_the_packages():
    done = shardline("--version")
    assert (done.returncode, done.stdout) == (0, f"shardline {__version__}\n")


def test_help_of_run_names_its_options():
    done = shardline("run", "--help")
    assert done.returncode == 0
    for option in ("--restore", "--allow-non-restored-state", "--stop-at", "--log-level", "--conf"):
        assert option in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["run", "--frobnicate", "job.py"],
        ["run", "--conf", "x", "job.py"],
        ["--frobnicate"],
        ["run", "/no/job.py"],
    ],
)
def test_a_wrong_command_line_is_two(arguments):
    assert shardline(*arguments).returncode == 2


def test_a_script_runs_as_main_with_its_own_arguments_and_folder(script, tmp_path):
    (tmp_path / "helper.py").write_text("VALUE = 5\n")
    path = script(
        """
        import sys, helper, pyflink
        from pyflink.common import Row
        assert __name__ == "__main__", __name__
        assert sys.modules["__main__"].__dict__ is globals()
        assert sys.path[0] == __file__.rpartition("/")[0], sys.path
        assert helper.VALUE == 5
        print(__file__, sys.argv[1:])
        """
    )
    done = shardline("run", path, "--restore", "mine", "-x")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{path} ['--restore', 'mine', '-x']\n"


def test_a_failing_script_prints_its_traceback_and_is_one(script):
    path = script("def f():\n    raise KeyError('x')\nf()\n")
    done = shardline("run", path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[0] == "Traceback (most recent call last):"
    assert "_script.py" not in done.stderr
    assert done.stderr.endswith("KeyError: 'x'\n")


def test_a_script_with_a_syntax_error_is_one(script):
    done = shardline("run", script("def f(:\n"))
    assert done.returncode == 1
    assert "SyntaxError" in done.stderr
    assert "_script.py" not in done.stderr


@pytest.mark.parametrize(("call", "code"), [("sys.exit(7)", 7), ("sys.exit()", 0), ("sys.exit('no')", 1)])
def test_a_script_may_choose_its_exit_code(script, call, code):
    assert shardline("run", script(f"import sys\n{call}\n")).returncode == code


JOB = """
    from pyflink.common import Types
    from pyflink.datastream import StreamExecutionEnvironment

    class Doubler:
        def __call__(self, value):
            return value * 2

    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    env.from_collection([1, 2]).map(Doubler()).map(lambda n: 10 // (n - SUBTRACT)).print()
    env.execute()
    print("done")
"""


def test_stdout_holds_only_what_a_job_prints(fake_engine, script):
    done = shardline("run", "--log-level", "debug", script(JOB.replace("SUBTRACT", "0")))
    assert (done.returncode, done.stdout) == (0, "5\n2\ndone\n")
    assert "shardline.engine.fake: INFO: hello" in done.stderr


def test_by_default_only_warnings_are_said(fake_engine, script):
    assert shardline("run", script(JOB.replace("SUBTRACT", "0"))).stderr == ""


def test_functions_of_a_script_run_in_hosts_too(fake_engine, script):
    done = shardline("run", "--conf", "python.execution-mode=process", script(JOB.replace("SUBTRACT", "0")))
    assert (done.returncode, done.stdout) == (0, "5\n2\ndone\n"), done.stderr


def test_a_failing_job_is_one_and_ends_with_its_reason(fake_engine, script):
    done = shardline("run", script(JOB.replace("SUBTRACT", "2")))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.rstrip().endswith("division or modulo by zero")
    assert "job.py" in done.stderr


def test_options_reach_the_job_as_configuration(fake_engine, script, tmp_path):
    submissions = tmp_path / "submissions"
    done = shardline(
        "run", "--restore", "latest", "--allow-non-restored-state", "--stop-at", "never",
        "--conf", f"env.fake.submissions={submissions}",
        script(JOB.replace("SUBTRACT", "0")),
        env={"SHARDLINE_CONF": '{"env.a": "b"}'},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    text = submissions.read_text()
    assert '"execution.state-recovery.path": "latest"' in text
    assert '"execution.state-recovery.ignore-unclaimed-state": "true"' in text
    assert '"shardline.source.stop-at": "never"' in text
    assert '"env.a": "b"' in text


@pytest.mark.parametrize("runner", ["run", "plain"])
def test_a_missing_environment_is_three_under_run(script, runner):
    path = script(JOB.replace("SUBTRACT", "0").replace("pyflink", "shardline"))
    env = {"SHARDLINE_NODE": "/nowhere/node"}
    if runner == "run":
        done = shardline("run", path, env=env)
        assert done.returncode == 3
        assert done.stderr == "shardline: SHARDLINE_NODE is '/nowhere/node', which is not an executable file\n"
    else:
        done = subprocess.run(
            [sys.executable, path], capture_output=True, text=True, env={**os.environ, **env}, check=False
        )
        assert done.returncode == 1
        assert "EngineUnavailableError: SHARDLINE_NODE is" in done.stderr


def test_ctrl_c_is_a_hundred_and_thirty_after_a_drain(fake_engine, script):
    path = script(
        """
        from pyflink.common import SimpleStringSchema, Types, WatermarkStrategy
        from pyflink.datastream import StreamExecutionEnvironment
        from pyflink.datastream.connectors.kinesis import KinesisStreamsSource
        env = StreamExecutionEnvironment.get_execution_environment()
        env.enable_checkpointing(1000)
        source = KinesisStreamsSource.builder().set_stream_arn("arn:aws:kinesis:us-east-1:000000000000:stream/in")
        source = source.set_deserialization_schema(SimpleStringSchema()).build()
        stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "in", Types.STRING())
        stream.set_parallelism(1).print().set_parallelism(1)
        env.execute()
        """
    )
    arguments = ["--conf", "env.fake.endless=true", "--conf", 'env.fake.records=["a"]']
    process = subprocess.Popen(
        command("run", *arguments, path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "a\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert set(out.split()) <= {"a"}
    assert "draining the job" in err
    assert f"--restore latest {path}" in err
    assert "Traceback" not in err


def test_every_other_verb_is_nodes(tmp_path):
    node = tmp_path / "node"
    node.write_text('#!/bin/sh\n[ "$1" = --version ] && { echo v20.12.0; exit; }\necho "node: $@"\nexit 7\n')
    node.chmod(0o755)
    engine = tmp_path / "engine.mjs"
    engine.write_text("")
    done = shardline("local", "--port", "0", env={"SHARDLINE_NODE": str(node), "SHARDLINE_ENGINE": str(engine)})
    assert (done.returncode, done.stdout) == (7, f"node: {engine} local --port 0\n")


def test_a_verb_of_node_without_node_is_three():
    assert shardline("local", env={"SHARDLINE_NODE": "/nowhere/node"}).returncode == 3


def test_the_installed_command_is_the_module():
    done = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "shardline"), "--version"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == f"shardline {__version__}\n"


# ---- npm's launcher


def test_the_launcher_needs_a_script():
    done = subprocess.run([sys.executable, "-m", "shardline._launch"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage:" in done.stderr


def test_a_script_uses_the_engine_that_started_it(script, tmp_path):
    """This test is the launcher: descriptors 3 and 4 belong to the engine."""
    launcher = tmp_path / "launcher.py"
    launcher.write_text(
        textwrap.dedent(
            f"""
            import os, socket, subprocess, sys, threading
            sys.path.insert(0, {os.path.dirname(__file__)!r})
            import fake_engine
            pairs = [socket.socketpair(), socket.socketpair()]
            def install():
                descriptors = [os.dup(theirs.fileno()) for _, theirs in pairs]
                for target, descriptor in zip((3, 4), [os.dup(d) for d in descriptors]):
                    os.dup2(descriptor, target)
            child = subprocess.Popen([sys.executable, "-m", "shardline._launch", *sys.argv[1:]],
                env={{**os.environ, "SHARDLINE_ENGINE_FDS": "3,4"}}, pass_fds=(3, 4), preexec_fn=install)
            for _, theirs in pairs:
                theirs.close()
            engine = fake_engine.Engine(*[ours for ours, _ in pairs])
            os.getppid = lambda: child.pid
            threading.Thread(target=engine.serve, daemon=True).start()
            sys.exit(child.wait())
            """
        )
    )
    path = script(JOB.replace("SUBTRACT", "0") + "    import os\n    print('SHARDLINE_ENGINE_FDS' in os.environ)\n")
    done = subprocess.run(
        [sys.executable, str(launcher), path],
        capture_output=True, text=True, check=False, timeout=30, env={**os.environ, "SHARDLINE_NODE": "/nowhere"},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "5\n2\ndone\nFalse\n"), done.stderr


def test_the_script_ends_quickly_when_it_runs_no_job(fake_engine, script):
    started = time.monotonic()
    path = script(
        """
        from pyflink.datastream import StreamExecutionEnvironment
        StreamExecutionEnvironment.get_execution_environment()
        """
    )
    assert shardline("run", path).returncode == 0
    assert time.monotonic() - started < 5
