"""A result that may not be available yet."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

__all__ = ["CompletableFuture"]


class CompletableFuture:
    """The result of a method of a `JobClient`. `result()` waits for it."""

    def __init__(self, future: Future[Any], convert: Callable[[Any], Any] | None = None) -> None:
        self._future = future
        self._convert = convert

    @staticmethod
    def _completed(value: Any) -> CompletableFuture:
        future: Future[Any] = Future()
        future.set_result(value)
        return CompletableFuture(future)

    def cancel(self) -> bool:
        """Stops waiting. Does not stop the operation."""
        return self._future.cancel()

    def cancelled(self) -> bool:
        return self._future.cancelled()

    def done(self) -> bool:
        return self._future.done()

    def result(self) -> Any:
        value = self._future.result()
        return value if self._convert is None else self._convert(value)

    def exception(self) -> BaseException | None:
        return self._future.exception()

    def __str__(self) -> str:
        return f"CompletableFuture({self._future})"
