"""What Shardline raises. An extension: PyFlink shows `Py4JJavaError` instead, and on Flink this module does not exist.

Two families are kept apart. `BridgeError` and `EngineUnavailableError` are about this installation;
everything else comes from the job: its configuration, its streams or its own functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "BridgeError",
    "CheckpointError",
    "ConfigurationError",
    "EngineDiedError",
    "EngineUnavailableError",
    "FlinkCompatibilityWarning",
    "IllegalStateException",
    "JobCancellationException",
    "JobExecutionException",
    "RecordError",
    "RemoteStack",
    "ServiceError",
    "ShardlineError",
    "StateMigrationException",
    "UnsupportedError",
]


class FlinkCompatibilityWarning(UserWarning):
    """The script works here, and would fail or do something else on Flink."""


class ShardlineError(Exception):
    """Base class. `code` is stable and meant for programs, the message for people."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        retryable: bool = False,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable
        self.details: dict[str, Any] = dict(details or {})


class RemoteStack(Exception):
    """The engine's own stack: the `__cause__` of an error that came from there."""

    def __str__(self) -> str:
        return "in the engine:\n" + super().__str__()


class EngineUnavailableError(ShardlineError):
    """The engine cannot be started here: no Node, a Node that is too old, no engine file, or a stale build."""


class BridgeError(ShardlineError):
    """The two halves of Shardline misunderstood each other: a defect of ours, never of the script."""


class EngineDiedError(BridgeError):
    """The engine's process ended while a job was running. The message ends with its last words."""


class ConfigurationError(ShardlineError, ValueError):
    """An option has a value that cannot work. The message names the key."""


class UnsupportedError(ShardlineError, NotImplementedError):
    """Something of Flink's that is not here and will not be. The message shows what to write instead."""


class IllegalStateException(ShardlineError, RuntimeError):
    """A call that cannot be made now."""


class JobCancellationException(ShardlineError):
    """The job was cancelled before it finished."""


class JobExecutionException(ShardlineError):
    """The job failed.

    If a Python function failed, the message holds its traceback, and these name the record:
    `operator`, `stream`, `shard_id`, `sequence_number`; `python_traceback` is the traceback alone.
    Each is None where it does not apply.
    """

    @property
    def python_traceback(self) -> str | None:
        return self._text("traceback")

    @property
    def operator(self) -> str | None:
        return self._text("operator")

    @property
    def stream(self) -> str | None:
        return self._text("stream")

    @property
    def shard_id(self) -> str | None:
        return self._text("shardId")

    @property
    def sequence_number(self) -> str | None:
        return self._text("sequenceNumber")

    def _text(self, key: str) -> str | None:
        value = self.details.get(key)
        return None if value is None else str(value)


class ServiceError(JobExecutionException):
    """What Kinesis, or the way to it, answered: credentials, a missing stream, throttling. `stream` names it."""


class RecordError(JobExecutionException):
    """A record that its schema cannot read, or a value that cannot be written: by its schema, or because it is too
    large. `stream`, `shard_id` and `sequence_number` name the record."""


class CheckpointError(JobExecutionException):
    """A checkpoint could not be written, found or read."""


class StateMigrationException(CheckpointError):
    """A state is asked for with another type than the one its values were stored with."""
