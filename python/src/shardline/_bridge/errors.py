"""Error objects of the engine as exceptions. An object is `{code, className, retryable, details, remoteStack, cause}`,
with `message` beside it. `code` is one of the stable strings of the engine's table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shardline.errors import (
    BridgeError,
    CheckpointError,
    ConfigurationError,
    EngineUnavailableError,
    IllegalStateException,
    JobCancellationException,
    JobExecutionException,
    RecordError,
    RemoteStack,
    ServiceError,
    ShardlineError,
)

_MAX_CAUSES = 10

_CLASSES: dict[str, type[ShardlineError]] = {
    "CONFIGURATION_INVALID": ConfigurationError,
    "GRAPH_INVALID": ConfigurationError,
    "CREDENTIALS_MISSING": ServiceError,
    "CREDENTIALS_REJECTED": ServiceError,
    "ACCESS_DENIED": ServiceError,
    "STREAM_NOT_FOUND": ServiceError,
    "STREAM_RECREATED": ServiceError,
    "CONSUMER_NOT_FOUND": ServiceError,
    "RESOURCE_IN_USE": ServiceError,
    "SUBSCRIPTION_SILENT": ServiceError,
    "VALIDATION_FAILED": ServiceError,
    "RECORD_MALFORMED": RecordError,
    "VALUE_INVALID": RecordError,
    "RECORD_TOO_LARGE": RecordError,
    "SCHEMA_NOT_FOUND": ServiceError,
    "SCHEMA_EXISTS": ServiceError,
    "SCHEMA_REJECTED": ServiceError,
    "THROTTLED": ServiceError,
    "ITERATOR_EXPIRED": ServiceError,
    "SERVICE_FAILED": ServiceError,
    "ENDPOINT_UNREACHABLE": ServiceError,
    "RESPONSE_INVALID": ServiceError,
    "RECORDS_REJECTED": ServiceError,
    "REQUEST_TIMED_OUT": ServiceError,
    "DEAD_LETTERS_FAILED": JobExecutionException,
    "KEY_UNUSABLE": ServiceError,
    "FUNCTION_FAILED": JobExecutionException,
    "FUNCTION_HOST_LOST": JobExecutionException,
    "DRIVER_LOST": BridgeError,
    "CHECKPOINT_FAILED": CheckpointError,
    "CHECKPOINT_NOT_FOUND": CheckpointError,
    "CHECKPOINT_UNREADABLE": CheckpointError,
    "CHECKPOINTS_IN_USE": CheckpointError,
    "JOB_CANCELED": JobCancellationException,
    "JOB_FAILED": JobExecutionException,
    "ILLEGAL_STATE": IllegalStateException,
    "PROTOCOL_VIOLATED": BridgeError,
    "STALE_BUILD": EngineUnavailableError,
    "INTERNAL": ShardlineError,
}


def from_response(error: Mapping[str, Any]) -> ShardlineError:
    """Returns the exception for a JSON-RPC error object. An error of the protocol itself is a `BridgeError`."""
    data = error.get("data")
    if not isinstance(data, Mapping):
        return BridgeError(f"the engine answered {error.get('code')}: {error.get('message')}")
    return from_data(str(error.get("message") or ""), data)


def from_data(message: str, data: Mapping[str, Any], default: type[ShardlineError] = ShardlineError) -> ShardlineError:
    """Returns the exception for an error object. An unknown code gives an exception of the class `default`."""
    code = data.get("code")
    details = _details(data)
    exception = _CLASSES.get(str(code), default)(
        describe(message or str(data.get("message") or code), details),
        code=None if code is None else str(code),
        retryable=bool(data.get("retryable")),
        details=details,
    )
    stacks = _stacks(data, str(details.get("traceback") or ""))
    if stacks:
        exception.__cause__ = RemoteStack(stacks)
    return exception


def _chain(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yields the error object, its cause, the cause of the cause and so on, as long as they are objects."""
    current: Any = data
    for _ in range(_MAX_CAUSES):
        if not isinstance(current, Mapping):
            return
        yield current
        current = current.get("cause")


def _details(data: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the details of the error, with those of the function that failed if a cause has them."""
    details: dict[str, Any] = {}
    for error in _chain(data):
        own = error.get("details")
        if isinstance(own, Mapping):
            details = {**own, **details}
    return details


def describe(message: str, details: Mapping[str, Any]) -> str:
    """Returns the message, where the error happened, and the traceback of a Python function."""
    lines = [message]
    named = (
        ("operator", details.get("operator")),
        ("stream", details.get("stream")),
        ("shard", details.get("shardId")),
        ("sequence number", details.get("sequenceNumber")),
    )
    where = [f"{name} {value}" for name, value in named if value is not None and str(value) not in message]
    if where:
        lines.append("  at " + ", ".join(where))
    traceback = details.get("traceback")
    if traceback and str(traceback).strip() not in message:
        lines += ["", str(traceback).rstrip()]
    return "\n".join(lines)


def _stacks(data: Mapping[str, Any], traceback: str) -> str:
    """Returns the stacks without the traceback of the function, which is part of the message."""
    stacks = []
    for error in _chain(data):
        stack = str(error.get("remoteStack") or error.get("message") or "").strip()
        if stack and stack not in traceback:
            stacks.append(stack)
    return "\ncaused by: ".join(stacks)
