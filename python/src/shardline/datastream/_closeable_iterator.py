"""The iterator that `execute_and_collect()` returns."""

from __future__ import annotations

from typing import Any

from shardline._bridge.jobs import Job
from shardline._functions.collecting import Collector
from shardline._publishing import published_in


@published_in("shardline.datastream.data_stream")
class CloseableIterator:
    """Iterates over the values of a running job. Use it in a `with` statement, whose end cancels the job."""

    def __init__(self, job: Job, collector: Collector) -> None:
        self._job = job
        self._collector = collector
        job.outcome.add_done_callback(lambda outcome: collector.end(outcome.exception()))

    def __iter__(self) -> CloseableIterator:
        return self

    def __next__(self) -> Any:
        return self._collector.take()

    def next(self) -> Any:
        return self.__next__()

    def close(self) -> None:
        """Cancels the job if it still runs, and waits until it has ended. Idempotent."""
        self._collector.close()
        if not self._job.outcome.done():
            self._job.cancel("now")
            self._job.outcome.exception()

    def __enter__(self) -> CloseableIterator:
        return self

    def __exit__(self, exc_type: object, exc_val: object, exc_tb: object) -> None:
        self.close()
