"""A submitted job, as the script sees it.

A thread supervises the job. It submits the graph and waits for the end of the job. If the engine dies, it submits the
same graph again, from the newest checkpoint of the job. A job without checkpoints fails instead.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, NamedTuple

from shardline._bridge import checkpoints, errors, termination
from shardline._bridge.session import Connection, Session, environment
from shardline._bridge.summary import lost, summary
from shardline.errors import (
    BridgeError,
    EngineDiedError,
    JobCancellationException,
    JobExecutionException,
    ShardlineError,
)

RESTORE_KEY = "execution.state-recovery.path"
CHECKPOINT_DIRECTORY_KEYS = ("execution.checkpointing.dir", "state.checkpoints.dir")
_MAX_ENGINE_DEATHS = 3
#: Added to the time that the engine allows for a drain.
_GRACE_SECONDS = 4.0
_CANCEL_SECONDS = 2.0
_log = logging.getLogger("shardline")


class Outcome(NamedTuple):
    job_id: str
    net_runtime_ms: int


class Job:
    """`outcome` completes when the job has ended, with an exception if the job failed or was cancelled."""

    def __init__(self, session: Session, graph: dict[str, Any], *, checkpointing: bool) -> None:
        self._session = session
        self._graph = graph
        self._checkpointing = checkpointing
        self._attempt = 0
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._cancelling = False
        self._job_id: str | None = None
        self._submitted: Future[None] = Future()
        self._checkpoint_directory: str | None = None
        self._own_ids: set[str] = set()
        self._kept_checkpoint: str | None = None
        self.outcome: Future[Outcome] = Future()
        self.outcome.set_running_or_notify_cancel()

    def start(self) -> None:
        termination.install()
        threading.Thread(target=self._supervise, name="shardline-job", daemon=True).start()

    def job_id(self) -> str:
        """Waits until the job is submitted, and returns its id. Raises the error of the submission."""
        self._submitted.result()
        assert self._job_id is not None
        return self._job_id

    @property
    def state(self) -> str:
        running = self._running()
        if running is not None:
            connection, job_id = running
            return connection.job(job_id).state
        return "FAILED" if self.outcome.done() else "CREATED"

    def _running(self) -> tuple[Connection, str] | None:
        with self._lock:
            if self._connection is None or self._job_id is None:
                return None
            return self._connection, self._job_id

    def cancel(self, mode: str) -> Future[Any]:
        """Asks the job to end. `drain` stops the sources and ends the job in order, `interrupt` does so within the time
        that the job allows, `now` ends it at once. The future completes when the job has ended."""
        self._cancelling = True
        running = self._running()
        if running is None or self.outcome.done():
            done: Future[Any] = Future()  # not submitted yet: the supervisor reads the flag
            done.set_result(None)
            return done
        connection, job_id = running
        return connection.peer.call_async("job/cancel", {"jobId": job_id, "mode": mode})

    def wait(self) -> Outcome:
        """Waits for the job, for `execute()`. Ctrl-C drains the job, a second Ctrl-C ends it, and both raise
        KeyboardInterrupt. SIGTERM drains the job too, and ends the script."""
        try:
            error = self.outcome.exception()
        except KeyboardInterrupt:
            self._interrupt("interrupted", "Ctrl-C again")
            raise
        except termination.Terminated:
            self._interrupt("terminated", "another SIGTERM")
            raise
        if error is not None:
            raise error.with_traceback(None)  # the stack of the supervisor says nothing about the job
        return self.outcome.result()

    def _interrupt(self, why: str, sooner: str) -> None:
        try:
            _say(f"{why}: stopping the sources and draining the job ({sooner} ends it at once)")
            self._cancel_and_wait("interrupt", self._session.drain_seconds + _GRACE_SECONDS)
        except KeyboardInterrupt:
            self._cancel_and_wait("now", _CANCEL_SECONDS)
        if self._kept_checkpoint:
            _say(_how_to_go_on())

    def _cancel_and_wait(self, mode: str, seconds: float) -> None:
        try:
            self.cancel(mode)
            error = self.outcome.exception(seconds)
            if isinstance(error, ShardlineError) and not isinstance(error, JobCancellationException):
                _say(f"the job failed while it was ended: {error}")
        except FutureTimeoutError:
            _say(f"the job did not end within {seconds:g} s. This process ends without it")
            self._session.abandon()
        except ShardlineError:
            pass  # the engine has ended, and the job with it

    # ---- on the thread of the supervisor

    def _supervise(self) -> None:
        try:
            outcome = self._run()
        except BaseException as error:  # noqa: BLE001 - wait() raises it
            if not self._submitted.done():
                self._submitted.set_exception(error)
            self.outcome.set_exception(error)
        else:
            self.outcome.set_result(outcome)

    def _run(self) -> Outcome:
        deaths = 0
        last_checkpoint: str | None = None
        while True:
            try:
                self._submit()
                return self._finished()
            except BridgeError as error:
                died = self._death(error)
                if died is None:
                    raise
            if self._connection is not None and not self._connection.process.is_child:
                raise EngineDiedError(
                    "the engine has ended: it is the process of `shardline run`, which started this script"
                    + (f"; {_how_to_go_on()}" if self._checkpointing else "")
                ) from died
            checkpoint = checkpoints.newest(self._checkpoint_directory, self._own_ids)
            deaths = deaths + 1 if checkpoint == last_checkpoint else 1
            last_checkpoint = checkpoint
            if self._cancelling:
                raise JobCancellationException(
                    "the job was cancelled, and the engine ended before it confirmed this"
                ) from died
            if not self._checkpointing:
                raise EngineDiedError(
                    f"{died}\nThe job had no checkpoints to continue from (enable_checkpointing)"
                ) from died
            if deaths >= _MAX_ENGINE_DEATHS:
                raise EngineDiedError(
                    f"the engine died {deaths} times without a checkpoint in between: {died}"
                ) from died
            _log.warning("%s\nStarting another engine, and the job from %s", died, checkpoint or "where it started")
            self._attempt += 1
            if checkpoint is not None:
                self._graph["configuration"][RESTORE_KEY] = checkpoint

    def _submit(self) -> None:
        connection = self._session.connection()
        with self._lock:
            self._connection, self._job_id = connection, None
        configuration = self._graph["configuration"]
        answer = connection.peer.call(
            "job/submit",
            {
                "graph": self._graph,
                "attempt": self._attempt,
                "driver": {
                    "executable": configuration.get("python.executable") or sys.executable,
                    "hostEnv": environment({"SHARDLINE_JOB_PARAMETERS": json.dumps(self._session.job_parameters)}),
                },
            },
        )
        self._checkpoint_directory = answer["checkpointDirectory"]
        self._own_ids.add(answer["jobId"])
        self._session.drains_within(answer.get("drainTimeoutMs", 0) / 1000)
        if self._attempt == 0:
            self._say_where(answer)
        with self._lock:
            self._job_id = answer["jobId"]
        if not self._submitted.done():
            self._submitted.set_result(None)
        if self._cancelling:
            self.cancel("now")

    def _say_where(self, answer: dict[str, Any]) -> None:
        """Prints the checkpoint from which the job continues, and where checkpoints go if the script does not
        set it."""
        if answer["restoredFrom"] is not None:
            _say(f"restored from {answer['restoredFrom']}")
        configured = any(key in self._graph["configuration"] for key in CHECKPOINT_DIRECTORY_KEYS)
        if answer["checkpointDirectory"] is not None and not configured:
            _say(f"checkpoints go to {answer['checkpointDirectory']} (execution.checkpointing.dir)")

    def _say_what_it_did(self, metrics: dict[str, Any], last_word: dict[str, Any]) -> None:
        """Prints the summary of the job if progress is shown, or if records were left out."""
        if metrics and (sys.stderr.isatty() or lost(metrics)):
            seconds = metrics.get("uptimeMs", 0) / 1000
            _say(summary(self._graph["name"], last_word["state"], seconds, metrics))

    def _finished(self) -> Outcome:
        running = self._running()
        assert running is not None
        connection, job_id = running
        last_word = connection.job(job_id).finished.result()
        self._kept_checkpoint = last_word["checkpointPath"]
        self._say_what_it_did(connection.job(job_id).metrics, last_word)
        if last_word["state"] == "FINISHED":
            return Outcome(job_id, int(last_word["netRuntimeMs"]))
        error = last_word["error"]
        if last_word["state"] == "CANCELED" and not error:
            raise JobCancellationException(f"the job {job_id} was cancelled")
        if not error:
            raise JobExecutionException(f"the job {job_id} ended as {last_word['state']}")
        raise _failure(error)

    def _death(self, error: BridgeError) -> EngineDiedError | None:
        """Returns the death of the engine that broke a call, or None if the engine lives and the error means what it
        says."""
        if isinstance(error, EngineDiedError):
            return error
        return None if self._connection is None else self._connection.wait_for_death()


def _failure(error: dict[str, Any]) -> ShardlineError:
    """Returns the exception for `job/finished.error`, which is the error object itself or the JSON-RPC error
    around it."""
    data = error.get("data")
    if isinstance(data, dict):
        return errors.from_data(str(error.get("message") or ""), data, JobExecutionException)
    return errors.from_data(str(error.get("message") or ""), error, JobExecutionException)


def _how_to_go_on() -> str:
    return f"to go on from the last checkpoint: shardline run --restore latest {sys.argv[0]}"


def _say(message: str) -> None:
    print(f"shardline: {message}", file=sys.stderr, flush=True)
