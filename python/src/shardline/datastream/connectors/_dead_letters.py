"""Records that can never be written, and who gets them. (Of Shardline: Flink fails the job.)"""

from __future__ import annotations

import base64
import inspect
import itertools
import os
import pickle
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from shardline import _options
from shardline._bridge.requests import answers
from shardline.common.configuration import Configuration
from shardline.datastream.connectors._arn import checked_arn
from shardline.errors import ConfigurationError

__all__ = ["DeadLetter", "DeadLetterHandler", "RecordPosition"]


class RecordPosition(NamedTuple):
    """Where a record came from. (Of Shardline.)"""

    stream: str
    shard_id: str
    sequence_number: str
    #: Its place in the aggregate that it came in; None: it came alone.
    sub_sequence_number: int | None
    partition_key: str


@dataclass(frozen=True)
class DeadLetter:
    """A record that can never be written: too large, without a usable key, or refused even when sent alone.
    (Of Shardline.)"""

    #: The stream, or delivery stream, that it was meant for.
    stream: str
    #: `RECORD_TOO_LARGE`, `VALIDATION_FAILED`, or the service's name for what it did not like.
    code: str
    message: str
    #: None: it has none, or none that could be made out.
    partition_key: str | None
    explicit_hash_key: int | None
    data: bytes
    #: None: not known, as after a restore.
    position: RecordPosition | None

    @staticmethod
    def _of(letter: Mapping[str, Any]) -> DeadLetter:
        """As the engine says it."""
        position, hash_key = letter["position"], letter["explicitHashKey"]
        return DeadLetter(
            letter["stream"],
            letter["code"],
            letter["message"],
            letter["partitionKey"],
            None if hash_key is None else int(hash_key),
            base64.b64decode(letter["data"]),
            None
            if position is None
            else RecordPosition(
                position["stream"],
                position["shardId"],
                position["sequenceNumber"],
                position["subSequenceNumber"],
                position["partitionKey"],
            ),
        )


class DeadLetterHandler:
    """Who gets dead letters, where it is no callable: `file(...)` or `stream(...)`. (Of Shardline.)"""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._handler_spec = dict(spec)

    @staticmethod
    def file(path: str | os.PathLike[str]) -> DeadLetterHandler:
        """A line of JSON for each letter, `data` in base64, at the end of the file, before a checkpoint completes."""
        return DeadLetterHandler({"type": "file", "path": str(Path(path).absolute())})

    @staticmethod
    def stream(arn_or_name: str, client_properties: Mapping[str, Any] | None = None) -> DeadLetterHandler:
        """A record of another stream for each letter, with what a line of the file has. The client's properties are
        those of the sink, but for what is given here."""
        if not isinstance(arn_or_name, str) or not arn_or_name:
            raise ConfigurationError(
                f"DeadLetterHandler.stream() takes the ARN or the name of a stream, not {arn_or_name!r}"
            )
        properties = Configuration.from_dict(dict(client_properties or {})).to_dict()
        _options.check(properties, _options.AWS)
        is_arn = arn_or_name.startswith("arn:")
        if is_arn:
            checked_arn(arn_or_name)
        return DeadLetterHandler(
            {
                "type": "kinesis-streams",
                "streamArn": arn_or_name if is_arn else None,
                "streamName": None if is_arn else arn_or_name,
                "configuration": properties,
            }
        )


Handler = Callable[[DeadLetter], Any]

_ids = itertools.count(1)
_registered: dict[str, Handler] = {}


class _Registered:
    """Stands for a callable of the driver in a job graph: it never leaves the process that it belongs to."""

    def __init__(self, handler_id: str) -> None:
        self._id = handler_id

    def __call__(self, letter: DeadLetter) -> None:
        result = _registered[self._id](letter)
        if inspect.iscoroutine(result):
            result.close()
            raise TypeError("the dead letter handler gave a coroutine, which nobody awaits: the letter would be lost")


#: Sinks of several subtasks come at once, and the script's callable is called by one after the other.
_calls = threading.Lock()


def spec_of(handler: DeadLetterHandler | Handler) -> dict[str, Any]:
    """In a job graph. Raises TypeError for what can be no handler."""
    if isinstance(handler, DeadLetterHandler):
        return dict(handler._handler_spec)
    if not callable(handler):
        raise TypeError(
            "set_dead_letter_handler() takes a callable of a DeadLetter, DeadLetterHandler.file(...) or "
            f"DeadLetterHandler.stream(...), not {handler!r}"
        )
    if inspect.iscoroutinefunction(handler):
        raise TypeError("set_dead_letter_handler() takes a plain function: nobody awaits a coroutine")
    handler_id = f"dead-letters-{next(_ids)}"
    _registered[handler_id] = handler
    return {"type": "python", "pickle": base64.b64encode(pickle.dumps(_Registered(handler_id), 5)).decode("ascii")}


@answers("driver/deadLetters")
def handle(params: Mapping[str, Any]) -> dict[str, Any]:
    """Calls the pickled handler with one letter after the other. Raises what the handler raises."""
    handler: Handler = pickle.loads(base64.b64decode(params["pickle"]))
    with _calls:
        for letter in params["letters"]:
            handler(DeadLetter._of(letter))
    return {}
