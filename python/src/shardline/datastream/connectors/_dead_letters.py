"""Records that can never be written, and their handlers. (Of Shardline: such a record fails the job on Flink.)"""

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
    """The position of a record in its stream. (Of Shardline.)"""

    stream: str
    shard_id: str
    sequence_number: str
    #: The position in its aggregate, or None if the record was not aggregated.
    sub_sequence_number: int | None
    partition_key: str


@dataclass(frozen=True)
class DeadLetter:
    """A record that can never be written: it is too large, has no usable key, or is refused even when sent alone. (Of
    Shardline.)"""

    #: The stream or delivery stream of the sink.
    stream: str
    #: `RECORD_TOO_LARGE`, `VALIDATION_FAILED`, or the error code of the service.
    code: str
    message: str
    #: None if the record has no partition key, or if its key is not known.
    partition_key: str | None
    explicit_hash_key: int | None
    data: bytes
    #: None if it is not known, as after a restore.
    position: RecordPosition | None

    @staticmethod
    def _of(letter: Mapping[str, Any]) -> DeadLetter:
        """Returns the dead letter that the engine describes."""
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
    """A handler of dead letters that is no callable: `file(...)` or `stream(...)`. (Of Shardline.)"""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._handler_spec = dict(spec)

    @staticmethod
    def file(path: str | os.PathLike[str]) -> DeadLetterHandler:
        """Appends a line of JSON for each dead letter to a file, with `data` in base64, before a checkpoint
        completes."""
        return DeadLetterHandler({"type": "file", "path": str(Path(path).absolute())})

    @staticmethod
    def stream(arn_or_name: str, client_properties: Mapping[str, Any] | None = None) -> DeadLetterHandler:
        """Writes a record of another stream for each dead letter, with the content of a line of `file(...)`. The
        properties of the client are those of the sink, except for those given here."""
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
    """Represents a callable of the driver in a job graph. The callable stays in its process."""

    def __init__(self, handler_id: str) -> None:
        self._id = handler_id

    def __call__(self, letter: DeadLetter) -> None:
        result = _registered[self._id](letter)
        if inspect.iscoroutine(result):
            result.close()
            raise TypeError("the dead letter handler returned a coroutine, and the letter would be lost")


#: Several sinks may report dead letters at the same time. The callable of the script is called by one at a time.
_calls = threading.Lock()


def spec_of(handler: DeadLetterHandler | Handler) -> dict[str, Any]:
    """Returns the handler as a job graph has it. Raises TypeError if it cannot be a handler."""
    if isinstance(handler, DeadLetterHandler):
        return dict(handler._handler_spec)
    if not callable(handler):
        raise TypeError(
            "set_dead_letter_handler() takes a callable of a DeadLetter, DeadLetterHandler.file(...) or "
            f"DeadLetterHandler.stream(...), not {handler!r}"
        )
    if inspect.iscoroutinefunction(handler):
        raise TypeError("set_dead_letter_handler() takes a function that is not async")
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
