"""The engine's error objects as exceptions. An object is `{code, className, retryable, details, remoteStack, cause}`,
with `message` beside it; `code` is one of the stable strings of the engine's own table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shardline.errors import (
    BridgeError,
    ConfigurationError,
    JobCancellationException,
    JobExecutionException,
    RemoteStack,
    ShardlineError,
)

_CLASSES: dict[str, type[ShardlineError]] = {
    "FUNCTION_FAILED": JobExecutionException,
    "JOB_CANCELED": JobCancellationException,
    "CONFIGURATION_INVALID": ConfigurationError,
    "INVALID_CONFIGURATION": ConfigurationError,
    "INVALID_JOB_GRAPH": BridgeError,
    "PROTOCOL": BridgeError,
}


def from_response(error: Mapping[str, Any]) -> ShardlineError:
    """From a JSON-RPC error object. A fault of the protocol itself is a `BridgeError`."""
    data = error.get("data")
    if not isinstance(data, Mapping):
        return BridgeError(f"the engine answered {error.get('code')}: {error.get('message')}")
    return from_data(str(error.get("message") or ""), data)


def from_data(message: str, data: Mapping[str, Any], default: type[ShardlineError] = ShardlineError) -> ShardlineError:
    """An unknown code becomes `default`, never a crash."""
    code = data.get("code")
    details = data.get("details")
    details = details if isinstance(details, Mapping) else {}
    known = _CLASSES.get(str(code), default)
    exception = known(
        describe(message or str(data.get("message") or code), details),
        code=None if code is None else str(code),
        retryable=bool(data.get("retryable")),
        details=details,
    )
    causes = _causes(data)
    if causes:
        exception.__cause__ = RemoteStack(causes)
        exception.__suppress_context__ = True
    return exception


def describe(message: str, details: Mapping[str, Any]) -> str:
    """The message, where it happened, and a Python function's own traceback."""
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


def _causes(data: Mapping[str, Any]) -> str:
    stacks: list[str] = []
    current: Any = data
    while isinstance(current, Mapping) and len(stacks) < 10:
        stack = current.get("remoteStack") or current.get("message")
        if stack:
            stacks.append(str(stack).rstrip())
        current = current.get("cause")
    return "\ncaused by: ".join(stacks)
