"""Every way in which the processes of a job end while records arrive. Acknowledged records are not lost, and no process
is left behind: `Script.end` waits until all have ended."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import threading

import pytest

RUN = pytest.mark.parametrize("launcher", ["python", "node"])
EVERY = pytest.mark.parametrize("launcher", ["python", "node", "plain"])
MODES = pytest.mark.parametrize("mode", ["thread", "process"])

ENDLESS = """
    env = environment(checkpoints=150)
    env.configure(Configuration.from_dict({{
        "python.execution-mode": {mode!r}, "execution.checkpointing.dir": {checkpoints!r},
        **json.loads(os.environ.get("MORE_CONF", "{{}}")),
    }}))
    write(read(env, {source!r}).map(lambda value: value + "!", STRING), {target!r})
    print("before")
    env.execute("endless")
    print("after")
"""

RESTORE = ["--restore", "latest", "--stop-at", "latest"]


class Producer:
    """Puts numbers, five at a time, until it is stopped. `count` of them were acknowledged."""

    def __init__(self, kinesis, source):
        self.count = 0
        self._kinesis, self._source = kinesis, source
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        for first in itertools.count(0, 5):
            self._kinesis.put(self._source, [(f"key-{n % 10}", str(n)) for n in range(first, first + 5)])
            self.count = first + 5
            if self._stopped.wait(0.005):
                return

    def stop(self):
        self._stopped.set()
        self._thread.join()
        return self.count


@pytest.fixture
def job(kinesis, run, tmp_path):
    """Starts a job, and waits until it has written records and then completed a checkpoint."""
    started = []

    class Job:
        def __init__(self, launcher, mode="thread"):
            self.launcher = launcher
            self.source, self.target = kinesis.stream(2), kinesis.stream(1)
            checkpoints = tmp_path / "checkpoints"
            self._checkpoints = checkpoints
            self.code = ENDLESS.format(mode=mode, source=self.source, target=self.target, checkpoints=str(checkpoints))
            self.script = run(self.code, launcher=launcher)
            self.producer = Producer(kinesis, self.source)
            started.append(self)
            self.script.wait_until(self.numbers, "nothing was written")
            seen = self.checkpoint()
            self.script.wait_until(lambda: self.checkpoint() > seen + 1, "no checkpoint was taken")

        def checkpoint(self):
            while True:
                # Older checkpoints are removed meanwhile.
                with contextlib.suppress(FileNotFoundError):
                    found = [int(path.parent.name[4:]) for path in self._checkpoints.rglob("chk-*/_metadata")]
                    return max(found, default=0)

        def numbers(self):
            return [int(value.rstrip(b"!")) for value in kinesis.read(self.target)]

        def go_on_and_finish(self):
            """Runs the job from its latest checkpoint to the end of the source. Returns what the target holds."""
            count = self.producer.stop()
            assert count > 0
            launcher = "python" if self.launcher == "plain" else self.launcher
            code, out, err = run(self.code, *RESTORE, launcher=launcher).end()
            assert (code, out) == (0, "before\nafter\n"), err
            return count, self.numbers()

    yield Job
    for job in started:
        job.producer.stop()


def assert_nothing_is_lost(job):
    count, numbers = job.go_on_and_finish()
    assert set(numbers) == set(range(count))


def assert_exactly_once(job):
    count, numbers = job.go_on_and_finish()
    assert sorted(numbers) == list(range(count))


@MODES
def test_the_script_is_killed_under_npms_launcher(job, mode):
    running = job("node", mode)
    (driver,) = running.script.children("shardline._launch")
    os.kill(driver, signal.SIGKILL)
    code, out, err = running.script.end()
    assert code == 128 + signal.SIGKILL
    assert out == "before\n"
    assert err.splitlines()[-1] == (
        f"shardline: {running.script.path} was ended by SIGKILL. "
        f"To go on from the last checkpoint: shardline run --restore latest {running.script.path}"
    )
    assert_nothing_is_lost(running)


@MODES
def test_npms_launcher_is_killed(job, mode):
    running = job("node", mode)
    running.script.process.kill()
    code, out, err = running.script.end()
    assert (code, out) == (-signal.SIGKILL, "before\n")
    assert (
        "EngineDiedError: the engine has ended: it is the process of `shardline run`, which started this script" in err
    )
    assert f"shardline run --restore latest {running.script.path}" in err
    assert_nothing_is_lost(running)


def test_npx_is_killed_and_the_job_drains(job):
    running = job("npx")
    running.script.process.kill()
    running.script.wait_until(lambda: not running.script.family(), "a process was left behind", 20)
    assert "terminated: stopping the sources and draining the job" in running.script.err
    assert_exactly_once(running)


@RUN
def test_a_host_is_killed_while_records_keep_coming(job, launcher):
    running = job(launcher, "process")
    (host,) = running.script.children("shardline._host")
    os.kill(host, signal.SIGKILL)
    running.script.wait_until(lambda: set(running.script.children("shardline._host")) - {host}, "no new host")
    count = running.producer.stop()
    running.script.wait_until(lambda: set(running.numbers()) >= set(range(count)), "records were lost")
    running.script.signal_group(signal.SIGINT)
    assert running.script.end()[0] == 130


@RUN
@MODES
@pytest.mark.parametrize("to", ["process", "group"])
def test_ctrl_c_in_the_middle_of_records_loses_and_repeats_no_record(job, launcher, mode, to):
    """A terminal signals the group. `docker stop` with STOPSIGNAL SIGINT signals the launcher only."""
    running = job(launcher, mode)
    if to == "group":
        running.script.signal_group(signal.SIGINT)
    else:
        running.script.process.send_signal(signal.SIGINT)
    code, out, err = running.script.end()
    assert (code, out) == (130, "before\n"), err
    assert err.splitlines() == [
        "shardline: interrupted: stopping the sources and draining the job (Ctrl-C again ends it at once)",
        f"shardline: to go on from the last checkpoint: shardline run --restore latest {running.script.path}",
    ]
    assert_exactly_once(running)


@EVERY
@pytest.mark.parametrize("to", ["process", "group"])
def test_sigterm_drains_and_is_a_hundred_and_forty_three(job, launcher, to):
    """A supervisor signals the process that it started, or all processes of a service, including function hosts."""
    running = job(launcher, "process")
    if to == "process":
        running.script.process.terminate()
    else:
        for process in running.script.family():
            os.kill(process, signal.SIGTERM)
    code, out, err = running.script.end()
    assert (code, out) == (143, "before\n"), err
    assert err.splitlines() == [
        "shardline: terminated: stopping the sources and draining the job (another SIGTERM ends it at once)",
        f"shardline: to go on from the last checkpoint: shardline run --restore latest {running.script.path}",
    ]
    assert_exactly_once(running)


@RUN
def test_sigterm_and_ctrl_c_drain_jobs_without_waiting_threads_too(kinesis, run, launcher, tmp_path):
    for number, expected in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        source, target = kinesis.stream(), kinesis.stream()
        checkpoints = tmp_path / f"checkpoints-{number}"
        code = f"""
            env = environment(checkpoints=60_000)
            env.configure(Configuration().set_string("execution.checkpointing.dir", {str(checkpoints)!r}))
            write(read(env, {source!r}), {target!r})
            env.execute_async("endless")
            while True:
                time.sleep(0.1)
        """
        script = run(code, "--conf", f"execution.checkpointing.dir={checkpoints}", launcher=launcher)
        kinesis.put(source, [("k", "a")])
        kinesis.wait_for(target, 1)
        script.signal_group(number)
        assert script.end()[0] == expected, script.err
        assert "Traceback" not in script.err
        assert list(checkpoints.rglob("_metadata")), "no final checkpoint"


@pytest.mark.parametrize("execute", ["env.execute('copy')", "env.execute_async('copy'); time.sleep(60)"])
def test_when_the_last_checkpoint_of_a_drain_fails_a_message_names_the_one_to_restore(kinesis, run, tmp_path, execute):
    source, target = kinesis.stream(), kinesis.stream()
    place = tmp_path / "checkpoints" / "copy"
    code = f"""
        env = environment(checkpoints=100)
        env.configure(Configuration.from_dict({{
            "execution.checkpointing.dir": {str(place.parent)!r},
            "execution.checkpointing.tolerable-failed-checkpoints": "100",
        }}))
        write(read(env, {source!r}), {target!r})
        {execute}
    """
    script = run(code)
    script.wait_until(lambda: list(place.rglob("_metadata")), "no checkpoint was taken")
    place.rename(tmp_path / "away")
    place.write_text("a file in place of the folder")
    script.wait_until(lambda: "could not be written to" in script.err, "no failed checkpoint was logged")
    script.signal_group(signal.SIGINT)
    script.end()
    assert "the job failed while it was ended: Checkpoint" in script.err, script.err
    assert f"To start from it: shardline run --restore '{place}/chk-" in script.err


def test_a_handler_of_the_script_for_sigterm_stays_its_own(kinesis, run):
    source = kinesis.stream()
    code = f"""
        import signal
        def mine(*_):
            print("mine", flush=True)
            raise SystemExit(7)
        signal.signal(signal.SIGTERM, mine)
        env = environment()
        read(env, {source!r}).print()
        env.execute()
    """
    script = run(code)
    kinesis.put(source, [("k", "a")])
    script.wait_until(lambda: script.out == "a\n", "nothing was printed")
    script.process.terminate()
    code, out, _ = script.end()
    assert (code, out) == (7, "a\nmine\n")


STUCK = """
    env = environment(checkpoints=60_000)
    env.configure(Configuration().set_string("python.execution-mode", {mode!r}))
    def stuck(value):
        print("stuck", flush=True)
        time.sleep(600)
    read(env, {source!r}).map(stuck, STRING).print()
    env.execute("stuck")
"""


@pytest.mark.parametrize(
    ("launcher", "mode", "number"),
    [
        ("python", "thread", signal.SIGINT),
        ("python", "process", signal.SIGTERM),
        ("node", "process", signal.SIGINT),
        ("node", "thread", signal.SIGTERM),
    ],
)
def test_a_second_signal_ends_a_drain_that_cannot_end(kinesis, run, launcher, mode, number):
    source = kinesis.stream()
    script = run(STUCK.format(mode=mode, source=source), launcher=launcher)
    kinesis.put(source, [("k", "a")])
    script.wait_until(lambda: "stuck" in script.out, "the function does not run")
    script.signal_group(number)
    script.wait_until(lambda: "draining" in script.err, "the drain did not begin")
    if number == signal.SIGTERM:  # signals that arrive together count as one
        while script.process.poll() is None:
            script.signal_group(number)
            script.wait_until(lambda: True, "", 1)
    else:
        script.signal_group(number)
    code, out, err = script.end(25)
    assert code == 128 + number, err
    assert out == "stuck\n"
    assert "Traceback" not in err


@RUN
def test_stdout_holds_only_what_the_script_and_its_print_sinks_write(kinesis, run, launcher):
    source = kinesis.stream()
    kinesis.put(source, [("k", str(n)) for n in range(3)])
    code = f"""
        env = environment(checkpoints=50)
        env.configure(Configuration.from_dict({{"python.execution-mode": "process", "no.such.key": "x"}}))
        def loud(value):
            print("in the host", flush=True)
            sys.stderr.write("to stderr\\n")
            return value
        print("before", flush=True)
        read(env, {source!r}).map(loud, STRING).print("sunk")
        env.execute()
        print("after")
    """
    script = run(code, "--stop-at", "latest", "--log-level", "debug", launcher=launcher)
    code, out, err = script.end()
    assert code == 0, err
    lines = out.splitlines()
    assert sorted(lines[1:-1]) == ["in the host"] * 3 + ["sunk> 0", "sunk> 1", "sunk> 2"]
    assert (lines[0], lines[-1]) == ("before", "after")
    assert err.count("to stderr") == 3
    assert "no.such.key" in err


@RUN
def test_ctrl_c_while_results_are_collected_drains_and_a_second_one_does_not_wait(kinesis, run, launcher):
    code = """
        def slow(value):
            time.sleep(0.02)
            return value
        env = environment()
        for value in env.from_collection(list(range(200))).map(slow).execute_and_collect():
            print(value, flush=True)
    """
    for signals in (1, 2):
        script = run(code, launcher=launcher)
        script.wait_until(lambda script=script: "0\n" in script.out, "nothing was collected")
        script.signal_group(signal.SIGINT)
        if signals == 2:
            script.wait_until(lambda script=script: "draining" in script.err, "the drain did not begin")
            script.signal_group(signal.SIGINT)
        exit_code, _, err = script.end()
        assert exit_code == 130, err
        assert "stopping the sources and draining the job" in err
        assert "Traceback" not in err
