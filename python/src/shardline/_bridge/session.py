"""The one engine of this process. It is started in the background when the first environment is made, while the script
builds its graph. `connection()` waits for it, and starts another engine if the last one has died.

Errors of the start are kept until a job is executed, because building a graph needs no engine.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import sys
import threading
from collections import defaultdict
from collections.abc import Mapping
from concurrent import futures
from concurrent.futures import Future
from typing import Any

from shardline import _compatibility
from shardline._bridge import engine, requests, termination
from shardline._bridge.functions import Runner
from shardline._bridge.rpc import Peer
from shardline._bridge.transport import EngineProcess
from shardline._functions import collecting
from shardline.errors import BridgeError, EngineDiedError, EngineUnavailableError, ShardlineError
from shardline.version import __version__

PROTOCOL_VERSION = 1
_HANDSHAKE_SECONDS = 60.0
_SHUTDOWN_SECONDS = 5.0
#: How long a drain may take if the engine does not say, and how long to wait beyond that.
_DRAIN_SECONDS = 8.0
_GRACE_SECONDS = 4.0
_DEATH_SECONDS = 10.0
_JOIN_SECONDS = 1.0

_LEVELS = {"trace": 5, "debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


class JobEvents:
    """The state of one job, from notifications of the engine. `finished` gets the parameters of `job/finished`."""

    def __init__(self) -> None:
        self.state = "CREATED"
        #: The newest `metrics` of `job/metrics`.
        self.metrics: dict[str, Any] = {}
        self.finished: Future[dict[str, Any]] = Future()


def _say_failed(events: JobEvents) -> None:
    """Prints the failure of a job for which no thread waits, so that a failed drain is visible."""
    futures.wait([events.finished], _JOIN_SECONDS)  # it follows the answer
    last_word = events.finished.result() if events.finished.done() else {}
    if last_word.get("state") == "FAILED" and last_word.get("error"):
        print(
            f"shardline: the job failed while it was ended: {last_word['error'].get('message')}",
            file=sys.stderr,
            flush=True,
        )


class Connection:
    """One engine and its two channels."""

    def __init__(self, process: EngineProcess, job_parameters: dict[str, str]) -> None:
        self.process = process
        self.died: EngineDiedError | None = None
        self._dead = threading.Event()
        self._lock = threading.Lock()
        self._jobs: defaultdict[str, JobEvents] = defaultdict(JobEvents)
        self._closing = False
        self.peer = Peer(process.control, self._notified, self._ended, requests.answer)
        self._runner = Runner(process.functions, lambda: job_parameters)
        self._runner_thread = threading.Thread(target=self._run_functions, name="shardline-functions", daemon=True)

    def open(self) -> None:
        """Performs the handshake. No other message may be sent before it."""
        self.peer.start()
        self._runner_thread.start()
        expected = engine.build_hash()
        try:
            answer = self.peer.call(
                "initialize",
                {
                    "protocolVersion": PROTOCOL_VERSION,
                    "clientName": "shardline-python",
                    "clientVersion": __version__,
                    "clientPid": os.getpid(),
                    "buildHash": expected,
                },
                _HANDSHAKE_SECONDS,
            )
        except (TimeoutError, BridgeError) as error:
            self.process.stop()
            raise EngineUnavailableError(f"the engine did not start: {error}; {self.process.last_words()}") from error
        except ShardlineError as error:
            self.process.stop()
            raise EngineUnavailableError(f"the engine refused to start: {error}") from error
        version, actual = answer["protocolVersion"], answer["buildHash"]
        if version != PROTOCOL_VERSION or (expected and actual and actual != expected):
            self.process.stop()
            raise EngineUnavailableError(
                f"stale build: the Python package (build {expected or 'unknown'}, protocol {PROTOCOL_VERSION}) and "
                f"the engine (build {actual or 'unknown'}, protocol {version}) do not belong together: "
                "run `npm run build`, or install shardline again"
            )

    def job(self, job_id: str) -> JobEvents:
        """Returns the entry of a job. A notification may arrive before the answer with the id of the job, so either of
        them makes the entry."""
        with self._lock:
            events = self._jobs[job_id]
            if self.died is not None and not events.finished.done():
                events.finished.set_exception(self.died)
            return events

    def wait_for_death(self) -> EngineDiedError | None:
        """Returns how the engine ended, or None if it is alive. Called after a channel has failed."""
        if self.peer.is_open:
            return None
        self._dead.wait(_DEATH_SECONDS)
        return self.died

    def close(self, mode: str | None = "now", drain_seconds: float = _DRAIN_SECONDS) -> None:
        """Ends the jobs that still run. `mode` is that of `Job.cancel`, or None to let the end of the channels end
        them, without waiting. Every step has a time limit. Idempotent."""
        self._closing = True
        collecting.close_all()
        if self.died is None and mode is not None:
            with contextlib.suppress(ShardlineError, TimeoutError):
                unfinished = {job_id: e for job_id, e in list(self._jobs.items()) if not e.finished.done()}
                running = [self.peer.call_async("job/cancel", {"jobId": job_id, "mode": mode}) for job_id in unfinished]
                if mode == "interrupt" and running:
                    print(
                        "shardline: stopping the sources and draining the job (a second signal ends it at once)",
                        file=sys.stderr,
                        flush=True,
                    )
                    futures.wait(running, drain_seconds + _GRACE_SECONDS)
                    for events in unfinished.values():
                        _say_failed(events)
                self.peer.call("shutdown", {}, _SHUTDOWN_SECONDS)
                self.peer.notify("exit", {})
        self.process.stop()
        # A thread that still writes to sys.stdout would abort the exit of the interpreter. One in a function continues.
        self._runner_thread.join(_JOIN_SECONDS)

    # ---- on the thread of the reader

    def _notified(self, method: str, params: dict[str, Any]) -> None:
        if method == "job/status":
            self.job(params["jobId"]).state = params["state"]
        elif method == "job/metrics":
            self.job(params["jobId"]).metrics = params["metrics"]
        elif method == "job/finished":
            events = self.job(params["jobId"])
            events.state = params["state"]
            if not events.finished.done():
                events.finished.set_result(params)
        elif method == "job/print":
            sys.stdout.write("".join(f"{line}\n" for line in params["lines"]))
            sys.stdout.flush()
        elif method == "log" and not _compatibility.said(params["message"]):
            level = _LEVELS.get(str(params["level"]).lower(), logging.INFO)
            logging.getLogger(f"shardline.engine.{params['logger']}").log(level, "%s", params["message"])

    def _ended(self, error: BridgeError) -> None:
        """Handles the end of the control channel: the engine has ended, so every job fails."""
        words = str(error) if self._closing else self.process.last_words()
        with self._lock:
            self.died = EngineDiedError(words)
            jobs = list(self._jobs.values())
        self._dead.set()
        for events in jobs:
            if not events.finished.done():
                events.finished.set_exception(self.died)
        self.process.close_channels()

    def _run_functions(self) -> None:
        try:
            self._runner.run()
        except Exception as error:
            logging.getLogger("shardline").error("the function channel failed: %r", error, exc_info=error)
        finally:
            self.process.close_channels()


class Session:
    """Starts connections, one after the other."""

    def __init__(self) -> None:
        self.job_parameters: dict[str, str] = {}
        self.drain_seconds = 0.0
        self._lock = threading.Lock()
        self._starting: Future[Connection] | None = None
        self._starter: threading.Thread | None = None
        self._process: EngineProcess | None = None
        self._closed = False
        self._abandoned = False
        self._inherited = _inherited_descriptors()

    def start(self) -> None:
        """Starts an engine in the background, and returns at once."""
        self._started()

    def connection(self) -> Connection:
        """Waits for the engine. Starts a new one if the last one has died. Raises `EngineUnavailableError`."""
        future = self._started()
        try:
            connection = future.result()
        except EngineUnavailableError:
            with self._lock:  # the next call tries again, because a build may exist by then
                if self._starting is future:
                    self._starting = None
            raise
        if connection.died is None:
            return connection
        if not connection.process.is_child:
            raise connection.died
        connection.process.stop()
        with self._lock:
            if self._starting is future:
                self._starting = None
        return self.connection()

    def _started(self) -> Future[Connection]:
        with self._lock:
            if self._starting is None:
                if self._closed:
                    raise BridgeError("this process is ending, and starts no engine")
                self._starting = Future()
                self._starter = threading.Thread(
                    target=self._start, args=(self._starting,), name="shardline-start", daemon=True
                )
                self._starter.start()
            return self._starting

    def _start(self, future: Future[Connection]) -> None:
        try:
            if self._inherited is not None:
                process = EngineProcess.attach(*self._inherited)
            else:
                command = engine.find()
                if self._closed:
                    raise BridgeError("this process is ending")
                process = EngineProcess.start(command)
            self._process = process
            connection = Connection(process, self.job_parameters)
            connection.open()
        except BaseException as error:  # noqa: BLE001 - connection() raises it
            future.set_exception(error)
        else:
            future.set_result(connection)

    def drains_within(self, seconds: float) -> None:
        """Records how long a job lets its drain take. The longest time of all jobs is used."""
        self.drain_seconds = max(self.drain_seconds, seconds)

    def abandon(self) -> None:
        """Records that a job did not end when it was asked to. `close` does not ask it again."""
        self._abandoned = True

    def close(self, mode: str = "now") -> None:
        """Ends the engine when the process ends. Idempotent. Leaves no child process."""
        with self._lock:
            self._closed = True
            future, starter = self._starting, self._starter
        if future is None:
            return
        if not future.done() and self._process is not None:
            self._process.close_channels()  # no caller waits for this handshake
        if starter is not None:
            starter.join(_SHUTDOWN_SECONDS)
        if future.done() and future.exception() is None:
            future.result().close(None if self._abandoned else mode, self.drain_seconds)
        elif self._process is not None:
            self._process.stop()


def _inherited_descriptors() -> tuple[int, int] | None:
    """Returns the channels in SHARDLINE_ENGINE_FDS, such as `3,4`, when the parent process is the engine. Removes the
    variable from the environment, because it is for this process alone."""
    text = os.environ.pop("SHARDLINE_ENGINE_FDS", None)
    if not text:
        return None
    control, _, functions = text.partition(",")
    return int(control), int(functions)


_session: Session | None = None


def current() -> Session:
    global _session
    if _session is None:
        _session = Session()
    return _session


def close() -> None:
    if _session is not None:
        _session.close("interrupt" if termination.requested() else "now")


def environment(overrides: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment of function hosts: that of this process, with its import path."""
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)  # noqa: PTH109
    return {**os.environ, "PYTHONPATH": path, **overrides}


def _after_fork_in_child() -> None:
    global _session
    _session = None


atexit.register(close)
os.register_at_fork(after_in_child=_after_fork_in_child)
