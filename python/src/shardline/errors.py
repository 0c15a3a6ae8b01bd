"""The errors that Shardline raises. (Of Shardline: PyFlink raises `Py4JJavaError`, and has no such module.)

There are two families. `BridgeError` and `EngineUnavailableError` are about this installation. All other errors come
from the job: its configuration, its streams or its functions.
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
    """The script works here, and on Flink it fails or behaves differently."""


class ShardlineError(Exception):
    """Base class of all errors. `code` is stable and is meant for programs, the message is meant for people."""

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
    """The stack of the engine: the `__cause__` of an error that the engine raised."""

    def __str__(self) -> str:
        return "in the engine:\n" + super().__str__()


class EngineUnavailableError(ShardlineError):
    """The engine cannot be started: there is no Node, Node is too old, there is no engine file, or
    the build is stale."""


class BridgeError(ShardlineError):
    """Python and the engine misunderstood each other. This is a defect of Shardline, never of the script."""


class EngineDiedError(BridgeError):
    """The process of the engine ended while a job was running. The message ends with the last lines that it logged."""


class ConfigurationError(ShardlineError, ValueError):
    """An option has a value that is not valid. The message names the key."""


class UnsupportedError(ShardlineError, NotImplementedError):
    """A feature of Flink that Shardline does not have and will not have. The message shows what to
    write in its place."""


class IllegalStateException(ShardlineError, RuntimeError):
    """A call that is not possible at this time."""


class JobCancellationException(ShardlineError):
    """The job was cancelled before it finished."""


class JobExecutionException(ShardlineError):
    """The job failed.

    If a Python function failed, the message holds its traceback, and `operator`, `stream`, `shard_id` and
    `sequence_number` name the record. `python_traceback` is the traceback alone. An attribute that does not apply is
    None.
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
    """An error of Kinesis or of the way to it: credentials, a missing stream, throttling. `stream` names the stream."""


class RecordError(JobExecutionException):
    """A record that its schema cannot read, or a value that cannot be written because its schema refuses it or because
    it is too large. `stream`, `shard_id` and `sequence_number` name the record."""


class CheckpointError(JobExecutionException):
    """A checkpoint could not be written, found or read."""


class StateMigrationException(CheckpointError):
    """A function asks for a state with another type than that of its stored values."""
