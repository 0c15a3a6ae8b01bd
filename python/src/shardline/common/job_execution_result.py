"""What `execute()` returns."""

from __future__ import annotations

from typing import Any

from shardline.common.job_id import JobID

__all__ = ["JobExecutionResult"]


class JobExecutionResult:
    def __init__(self, job_id: JobID, net_runtime: int) -> None:
        self._job_id = job_id
        self._net_runtime = net_runtime

    def get_job_id(self) -> JobID:
        return self._job_id

    def get_net_runtime(self) -> int:
        """Returns the run time in milliseconds, without the time before the job was running."""
        return self._net_runtime

    def get_accumulator_result(self, accumulator_name: str) -> Any:
        """Returns None. As in PyFlink, functions in Python have no accumulators."""
        return self.get_all_accumulator_results().get(accumulator_name)

    def get_all_accumulator_results(self) -> dict[str, Any]:
        return {}

    def __str__(self) -> str:
        return f"Job {self._job_id} finished after {self._net_runtime} ms"
