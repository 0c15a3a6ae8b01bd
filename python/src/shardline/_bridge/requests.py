"""Requests that the engine sends to the driver over the control channel.

The module that answers a request registers a function for it, so the bridge depends on no connector.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shardline._bridge.rpc import UnknownMethodError

Answer = Callable[[dict[str, Any]], Any]

_answers: dict[str, Answer] = {}


def answers(method: str) -> Callable[[Answer], Answer]:
    """Returns a decorator that registers the function as the one that answers requests of `method`."""

    def register(answer: Answer) -> Answer:
        _answers[method] = answer
        return answer

    return register


def answer(method: str, params: dict[str, Any]) -> Any:
    """Returns the result. Raises what the program's own code raises, and `UnknownMethodError`."""
    if method not in _answers:
        raise UnknownMethodError(method)
    return _answers[method](params)
