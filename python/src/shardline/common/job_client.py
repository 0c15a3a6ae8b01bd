"""A handle on a running job."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, Protocol

from shardline._absent import AbsentMethods
from shardline.common.completable_future import CompletableFuture
from shardline.common.job_execution_result import JobExecutionResult
from shardline.common.job_id import JobID
from shardline.common.job_status import JobStatus

__all__ = ["JobClient"]


class _Job(Protocol):
    """The part of `shardline._bridge.jobs.Job` that the client uses."""

    @property
    def outcome(self) -> Future[Any]: ...

    @property
    def state(self) -> str: ...

    def job_id(self) -> str: ...

    def cancel(self, mode: str) -> Future[Any]: ...


class JobClient(AbsentMethods):
    """What `execute_async()` returns. The job ends with this process, so wait for it:
    `client.get_job_execution_result().result()`."""

    def __init__(self, job: _Job) -> None:
        self._job = job

    def get_job_id(self) -> JobID:
        return JobID(self._job.job_id())

    def get_job_status(self) -> CompletableFuture:
        return CompletableFuture._completed(JobStatus[self._job.state])

    def cancel(self) -> CompletableFuture:
        """Ends the job at once, without a final checkpoint."""
        return CompletableFuture(self._job.cancel("now"), lambda _: None)

    def get_accumulators(self) -> CompletableFuture:
        return CompletableFuture._completed({})

    def get_job_execution_result(self) -> CompletableFuture:
        """Completes when the job has ended. `result()` raises the error of a failed job."""
        return CompletableFuture(self._job.outcome, _execution_result)


def _execution_result(outcome: Any) -> JobExecutionResult:
    return JobExecutionResult(JobID(outcome.job_id), outcome.net_runtime_ms)
