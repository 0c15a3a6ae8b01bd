"""Operators with state and timers by key. Such an operator is the first of its chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Any

from shardline._functions.bundle_columns import NO_TIMESTAMP
from shardline._functions.failures import ValueFailure
from shardline._functions.operators.operator import Operator, OperatorSetup, Values
from shardline._functions.payloads import Bundle
from shardline._functions.process_context import KeyedContext
from shardline._interfaces.timers import TimeDomain

#: A value and its context to the values to emit. The key of the value is the current key of the state.
ProcessValue = Callable[[Any, KeyedContext], "Iterable[Any] | None"]

#: A timer's time and context to the values to emit. The key of the timer is the current key of the state.
OnTimer = Callable[[int, KeyedContext], "Iterable[Any] | None"]


def _emit_nothing(timestamp: int, context: KeyedContext) -> None:
    return None


class KeyedOperator(Operator):
    """Processes one value after the other, because each has a key of its own."""

    def __init__(self, setup: OperatorSetup, process_value: ProcessValue, on_timer: OnTimer = _emit_nothing) -> None:
        if setup.backend is None:
            raise RuntimeError("an operator with state by key must be the first of a keyed chain")
        self._backend = setup.backend
        self._context = KeyedContext(setup.times, setup.backend)
        self._process_value = process_value
        self._on_timer = on_timer

    def process(self, values: list[Any], index: list[int] | None) -> Values:
        results: list[Any] = []
        origins: list[int] = []
        columns = self.columns
        timestamps, groups, keys = columns.timestamps, columns.groups, columns.keys
        if groups is None or keys is None:
            raise ValueFailure(RuntimeError("a bundle for a keyed function came without keys"), 0)
        context, process_value, set_key = self._context, self._process_value, self._backend.set_key
        for position, value in enumerate(values):
            set_key(keys[position], groups[position])
            context.time = NO_TIMESTAMP if timestamps is None else timestamps[position]
            before = len(results)
            try:
                if produced := process_value(value, context):
                    results.extend(produced)
            except BaseException as error:
                raise ValueFailure(error, position) from error
            if len(results) != before:
                origins.extend(repeat(position, len(results) - before))
        return results, origins

    def fire_timers(self, until: int, domain: TimeDomain) -> Bundle:
        """A value that a timer of event time emits gets the timer's time; the others get no timestamp."""
        backend, context, on_timer = self._backend, self._context, self._on_timer
        of_event_time = domain is TimeDomain.EVENT_TIME
        timers = backend.event_timers if of_event_time else backend.processing_timers
        context.domain = domain
        values: list[Any] = []
        timestamps: list[float] = []
        while (due := timers.take(until)) is not None:
            timestamp, key = due
            backend.set_key(key, backend.group_of(key))
            context.time = float(timestamp)
            if produced := on_timer(timestamp, context):
                values.extend(produced)
            own = context.time if of_event_time else NO_TIMESTAMP
            timestamps.extend(repeat(own, len(values) - len(timestamps)))
        return Bundle(values, timestamps)
