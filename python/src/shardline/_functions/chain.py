"""One fused chain of functions, in one subtask: opened once, given bundles and times, closed once.

A bundle goes through the chain step by step, all of its values at a time, because a loop in C over the values costs
a fraction of one in Python. `list.extend(map(function, values))` keeps what it has appended when the function raises,
so the length of the list names the value that failed, and no function is ever called twice for one value. Process
functions are called value by value: each has a time and a key.

A value's index says from which value of the bundle it comes. Where timestamps are assigned the count begins anew, so
that each value keeps the time that it was given: `_origin` then says where the values of the new count come from.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import compress, repeat
from operator import index as as_integer
from operator import truth
from typing import Any

from shardline._functions import frames, keys, operators, payloads, printing
from shardline._functions.collecting import collector
from shardline._functions.context import FunctionContext
from shardline._functions.conversion import converter
from shardline._functions.keyed_state import KeyedBackend
from shardline._functions.payloads import Bundle, Encoded, ResultColumns
from shardline._functions.process import KeyedContext, PlainContext, Times, to_long
from shardline._functions.shown import shown
from shardline._functions.timers import TimerQueue
from shardline.common.typeinfo import TypeInformation
from shardline.datastream.functions import (
    FilterFunction,
    FlatMapFunction,
    Function,
    KeyedProcessFunction,
    KeySelector,
    MapFunction,
    ReduceFunction,
)
from shardline.datastream.state import ReducingStateDescriptor
from shardline.datastream.time_domain import TimeDomain

#: Values and, for each, its index in the bundle; None: value `i` is still value `i` of the bundle.
_Step = Callable[[list[Any], "list[int] | None"], "tuple[list[Any], list[int] | None]"]

#: A value, and what there is to know of it, to the values to emit.
_Process = Callable[[Any, Any], Any]

_NO_TIMESTAMP = float("-inf")


class FunctionFailure(Exception):
    """A user function raised. `index` is the failing value's index in the bundle, None outside of bundles; `value` is
    the value that the function got, as a message shows it."""

    def __init__(
        self, cause: BaseException, operator: Mapping[str, Any], index: int | None, value: str | None = None
    ) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.operator = operator
        self.index = index
        self.value = value


class _Failure(Exception):
    """As above, before the operator and the index in the bundle are known."""

    def __init__(self, cause: BaseException, position: int) -> None:
        super().__init__()
        self.cause = cause
        self.position = position


class Chain:
    """`spec` is OPEN's JSON, `restored` the bodies of the RESTORE frames before it."""

    def __init__(
        self,
        spec: Mapping[str, Any],
        subtask: int,
        job_parameters: Mapping[str, str],
        restored: Sequence[bytes] = (),
    ) -> None:
        self._operators: list[Mapping[str, Any]] = spec["operators"]
        self._version = spec.get("version")
        self._spec = spec
        self._subtask = subtask
        self._job_parameters = job_parameters
        self._restored = restored
        self._backend = KeyedBackend() if spec.get("keyed") else None
        self._times = Times()
        self._context = FunctionContext(spec, subtask, job_parameters)
        self._steps: list[_Step] = []
        self._functions: list[tuple[Function, Mapping[str, Any]]] = []
        #: Of the first operator of a keyed chain.
        self._on_timer: tuple[Callable[[int, Any], Any], KeyedContext] | None = None
        self._output: str = self._operators[-1]["output"]
        self._output_type: TypeInformation | None = None
        self._ends_here = self._operators[-1]["operation"] in ("print", "collect")
        self._assigns = any(o["operation"] == "assign_timestamps" for o in self._operators)
        # What the bundle at work came with, or was given on its way.
        self._timestamps: Sequence[float] | None = None
        self._groups: Sequence[int] | None = None
        self._keys: list[bytes] | None = None
        self._origin: list[int] | None = None
        self._new_keys: list[bytes] | None = None
        self._max_timestamp = _NO_TIMESTAMP
        self._poisoned: list[tuple[int, str]] = []

    def open(self) -> int | None:
        """When the first restored timer of processing time is due; None: there is none."""
        if self._version != frames.VERSION:
            error = RuntimeError(
                f"the engine speaks version {self._version} of the function channel, and this package {frames.VERSION}"
            )
            raise FunctionFailure(error, self._operators[0], None)
        type_info = None
        backend = self._backend
        for operator in self._operators:
            try:
                if backend is not None:
                    backend.restore(self._restored)
                    self._restored = ()
                function, type_info, extra = operators.load(operator["pickle"])
                context = FunctionContext(self._spec, self._subtask, self._job_parameters, backend)
                if isinstance(function, Function):
                    self._functions.append((function, operator))
                    function.open(context)
                if operator.get("deserializes"):
                    self._steps.append(self._deserialize(operator["operation"], function, type_info))
                else:
                    self._steps.append(self._step(operator["operation"], function, type_info, extra, context, backend))
                backend = None
            except BaseException as error:
                raise FunctionFailure(error, operator, None) from error
        self._output_type = type_info
        if not self._ends_here and self._output in ("pickle", "object") and (convert := converter(type_info)):
            self._steps.append(_map(convert))
        return self._next_timer()

    def process(self, values: list[Any] | Bundle) -> Encoded:
        """The RESULT for the values of one bundle. Raises `FunctionFailure`."""
        bundle = values if isinstance(values, Bundle) else Bundle(values)
        return self._run(bundle, 0, of_bundle=True)

    def advance_watermark(self, watermark: float) -> Encoded:
        """The RESULT of the timers of event time that are due. Raises `FunctionFailure`."""
        self._times.watermark = to_long(watermark)
        timers = None if self._backend is None else self._backend.event_timers
        return self._fire(timers, self._times.watermark, TimeDomain.EVENT_TIME)

    def advance_processing_time(self, now: float) -> Encoded:
        """The RESULT of the timers of processing time that are due. Raises `FunctionFailure`."""
        timers = None if self._backend is None else self._backend.processing_timers
        return self._fire(timers, to_long(now), TimeDomain.PROCESSING_TIME)

    def snapshot(self) -> list[bytes]:
        """Bodies of SNAPSHOTTED frames. Raises `FunctionFailure`."""
        if self._backend is None:
            return [b""]
        try:
            return self._backend.snapshot()
        except Exception as error:
            raise FunctionFailure(error, self._operators[0], None) from error

    def close(self) -> None:
        """Closes every function, even if one of them raises; the first failure is raised at the end."""
        failure: FunctionFailure | None = None
        while self._functions:
            function, operator = self._functions.pop(0)
            try:
                function.close()
            except BaseException as error:  # noqa: BLE001 - a function may raise anything, and the others close too
                failure = failure or FunctionFailure(error, operator, None)
        if failure is not None:
            raise failure from failure.cause

    def _run(self, bundle: Bundle, first: int, *, of_bundle: bool) -> Encoded:
        """Through the steps from `first` on. `of_bundle`: not from timers, so there is a bundle to point to."""
        values = bundle.values
        self._timestamps, self._groups, self._keys = bundle.timestamps, bundle.groups, bundle.keys
        self._origin = self._new_keys = None
        self._max_timestamp = _NO_TIMESTAMP
        self._poisoned = []
        index: list[int] | None = None
        for position in range(first, len(self._steps)):
            try:
                values, index = self._steps[position](values, index)
            except _Failure as failure:
                at = self._in_bundle(failure.position, index) if of_bundle else None
                raise self._failure(failure.cause, position, at, values[failure.position :]) from failure.cause
        if self._ends_here:
            return Encoded(0, 0, 0, b"")
        try:
            return payloads.encode(self._output, values, self._columns(index, of_bundle), self._output_type)
        except payloads.UnencodableValue as unencodable:
            at = self._in_bundle(unencodable.position, index) if of_bundle else None
            left = values[unencodable.position :]
            raise self._failure(unencodable.cause, len(self._steps), at, left) from unencodable.cause

    def _columns(self, index: list[int] | None, of_bundle: bool) -> ResultColumns:
        plain = index is None and of_bundle and self._backend is None and not self._assigns
        if plain and self._new_keys is None and not self._poisoned:
            return payloads.NO_COLUMNS
        timestamps = self._timestamps
        if (self._assigns or not of_bundle) and timestamps is not None and index is not None:
            timestamps = [timestamps[i] for i in index]
        origin = index
        if self._origin is not None:
            origin = self._origin if index is None else [self._origin[i] for i in index]
        return ResultColumns(
            input_index=origin if of_bundle else None,
            timestamps=timestamps if self._assigns or not of_bundle else None,
            keys=self._new_keys,
            max_timestamp=self._max_timestamp if self._assigns else None,
            next_timer=self._next_timer(),
            poisoned=self._poisoned,
        )

    def _next_timer(self) -> int | None:
        return None if self._backend is None else self._backend.processing_timers.next()

    def _in_bundle(self, position: int, index: list[int] | None) -> int:
        at = position if index is None else index[position]
        return at if self._origin is None else self._origin[at]

    def _failure(self, cause: BaseException, step: int, index: int | None, left: list[Any]) -> FunctionFailure:
        """`left`: the values from the failing one on."""
        operator = self._operators[min(step, len(self._operators) - 1)]
        return FunctionFailure(cause, operator, index, shown(left[0]) if left else None)

    # ---- steps

    def _step(
        self,
        operation: str,
        function: Any,
        type_info: Any,
        extra: Any,
        context: FunctionContext,
        backend: KeyedBackend | None,
    ) -> _Step:
        if operation == "map":
            return _map(function.map if isinstance(function, MapFunction) else function)
        if operation == "filter":
            return _filter(function.filter if isinstance(function, FilterFunction) else function)
        if operation == "flat_map":
            return _flat_map(function.flat_map if isinstance(function, FlatMapFunction) else function)
        if operation == "process":
            return self._process(_process_function(function, type_info, extra, context), function, backend)
        if operation == "key_by":
            return self._key_by(function.get_key if isinstance(function, KeySelector) else function, extra)
        if operation == "assign_timestamps":
            return self._assign_timestamps(function.extract_timestamp)
        if operation == "print":
            parallelism = self._context.get_number_of_parallel_subtasks()
            subtask = self._context.get_index_of_this_subtask()
            return _print(printing.prefix(function, parallelism, subtask), type_info)
        if operation == "collect":
            return _collect(function, type_info)
        raise ValueError(f"unknown operation {operation!r}: the engine is newer than this package")

    def _deserialize(self, operation: str, function: Any, type_info: TypeInformation | None) -> _Step:
        """What completes a schema: a value that it raises for is a record that cannot be read, and the others go on."""
        one_each = operation == "map"
        convert = converter(type_info)
        if one_each:
            call = _calls(function, MapFunction, "map")
            problem = "The value does not become the program's object: {1}"
        else:
            call = _calls(function, FlatMapFunction, "flat_map")
            problem = "The schema of the program failed: {0}: {1}"

        def step(values: list[Any], index: list[int] | None) -> tuple[list[Any], list[int] | None]:
            results: list[Any] = []
            origins: list[int] = []
            for position, value in enumerate(values):
                try:
                    made = [call(value)] if one_each else list(_iterable(call(value)))
                    if convert is not None:  # a value that is not of the type is the record's fault, too
                        made = list(map(convert, made))
                except Exception as error:  # noqa: BLE001 - a schema may raise anything
                    reason = problem.format(type(error).__name__, error)
                    self._poisoned.append((self._in_bundle(position, index), reason))
                    continue
                except BaseException as error:
                    raise _Failure(error, position) from error
                results += made
                origins.extend(repeat(position if index is None else index[position], len(made)))
            return results, index if one_each and len(results) == len(values) else origins

        return step

    def _process(self, process: _Process, function: Any, backend: KeyedBackend | None) -> _Step:
        if backend is None:
            return self._plain_process(process)
        context = KeyedContext(self._times, backend)
        on_timer = function.on_timer if isinstance(function, KeyedProcessFunction) else lambda timestamp, ctx: None
        self._on_timer = (on_timer, context)

        def step(values: list[Any], index: list[int] | None) -> tuple[list[Any], list[int] | None]:
            results: list[Any] = []
            origins: list[int] = []
            timestamps, groups, value_keys = self._timestamps, self._groups, self._keys
            if groups is None or value_keys is None:
                raise _Failure(RuntimeError("a bundle for a keyed function came without keys"), 0)
            set_key = backend.set_key
            for position, value in enumerate(values):
                set_key(value_keys[position], groups[position])
                context.time = _NO_TIMESTAMP if timestamps is None else timestamps[position]
                before = len(results)
                try:
                    if produced := process(value, context):
                        results.extend(produced)
                except BaseException as error:
                    raise _Failure(error, position) from error
                if len(results) != before:
                    origins.extend(repeat(position, len(results) - before))
            return results, origins

        return step

    def _plain_process(self, process: _Process) -> _Step:
        context = PlainContext(self._times)

        def step(values: list[Any], index: list[int] | None) -> tuple[list[Any], list[int] | None]:
            results: list[Any] = []
            origins: list[int] = []
            timestamps = self._timestamps
            for position, value in enumerate(values):
                at = position if index is None else index[position]
                context.time = _NO_TIMESTAMP if timestamps is None else timestamps[at]
                before = len(results)
                try:
                    if produced := process(value, context):
                        results.extend(produced)
                except BaseException as error:
                    raise _Failure(error, position) from error
                origins.extend(repeat(at, len(results) - before))
            return results, origins

        return step

    def _fire(self, timers: TimerQueue | None, until: int, domain: TimeDomain) -> Encoded:
        """What timers emit goes on from the second step, with the timers' times."""
        values: list[Any] = []
        times: list[float] = []
        if timers is not None and self._on_timer is not None and self._backend is not None:
            on_timer, context = self._on_timer
            context.domain = domain
            while (due := timers.take(until)) is not None:
                timestamp, key = due
                self._backend.set_key(key, self._backend.group_of(key))
                context.time = float(timestamp)
                try:
                    if produced := on_timer(timestamp, context):
                        values.extend(produced)
                except BaseException as error:
                    raise FunctionFailure(error, self._operators[0], None) from error
                own = context.time if domain is TimeDomain.EVENT_TIME else _NO_TIMESTAMP
                times.extend(repeat(own, len(values) - len(times)))
        return self._run(Bundle(values, times), 1 if self._backend is not None else len(self._steps), of_bundle=False)

    def _key_by(self, selector: Callable[[Any], Any], key_type: TypeInformation | None) -> _Step:
        convert = converter(key_type)
        key_of = selector if convert is None else lambda value: convert(selector(value))

        def step(values: list[Any], index: list[int] | None) -> tuple[list[Any], list[int] | None]:
            self._new_keys = _apply(keys.encode, _apply(key_of, values))
            return values, index

        return step

    def _assign_timestamps(self, extract: Callable[[Any, int], int]) -> _Step:
        def step(values: list[Any], index: list[int] | None) -> tuple[list[Any], list[int] | None]:
            before = self._timestamps
            assigned: list[float] = []
            try:
                for position, value in enumerate(values):
                    at = position if index is None else index[position]
                    own = _NO_TIMESTAMP if before is None else before[at]
                    assigned.append(float(as_integer(extract(value, to_long(own)))))
            except BaseException as error:
                raise _Failure(error, len(assigned)) from error
            self._timestamps = assigned
            self._origin = index
            self._max_timestamp = max(assigned, default=_NO_TIMESTAMP)
            return values, None

        return step


def _process_function(function: Any, type_info: Any, kind: str | None, context: FunctionContext) -> _Process:
    """`kind`: what a function of a keyed stream is, that sees nothing but values. None: a process function."""
    if kind is None:
        process: _Process = function.process_element
        return process
    if kind == "map":
        call = function.map if isinstance(function, MapFunction) else function
        return lambda value, ctx: (call(value),)
    if kind == "filter":
        keep = function.filter if isinstance(function, FilterFunction) else function
        return lambda value, ctx: (value,) if keep(value) else None
    if kind == "flat_map":
        flat = function.flat_map if isinstance(function, FlatMapFunction) else function
        return lambda value, ctx: _iterable(flat(value))
    if kind == "reduce":
        return _reduce(function, type_info, context)
    raise ValueError(f"unknown kind of process function {kind!r}")


def _reduce(function: ReduceFunction, type_info: TypeInformation, context: FunctionContext) -> _Process:
    state = context.get_reducing_state(ReducingStateDescriptor("_reduce_state", function, type_info))

    def process(value: Any, ctx: Any) -> Any:
        state.add(value)
        return (state.get(),)

    return process


def _apply(function: Callable[[Any], Any], values: list[Any]) -> list[Any]:
    results: list[Any] = []
    try:
        results.extend(map(function, values))
    except BaseException as error:
        raise _Failure(error, len(results)) from error
    if len(results) < len(values):  # map() takes a function's StopIteration for the end of its input
        raise _Failure(RuntimeError("the function raised StopIteration"), len(results))
    return results


def _map(function: Callable[[Any], Any]) -> _Step:
    return lambda values, index: (_apply(function, values), index)


def _filter(function: Callable[[Any], Any]) -> _Step:
    def step(values: list[Any], index: list[int] | None) -> tuple[list[Any], list[int] | None]:
        verdicts: list[bool] = []
        try:
            verdicts.extend(map(truth, map(function, values)))
        except BaseException as error:
            raise _Failure(error, len(verdicts)) from error
        if len(verdicts) < len(values):
            raise _Failure(RuntimeError("the function raised StopIteration"), len(verdicts))
        kept = list(compress(values, verdicts))
        if len(kept) == len(values):
            return values, index
        return kept, list(compress(range(len(values)) if index is None else index, verdicts))

    return step


def _flat_map(function: Callable[[Any], Any]) -> _Step:
    def step(values: list[Any], index: list[int] | None) -> tuple[list[Any], list[int] | None]:
        results: list[Any] = []
        origins: list[int] = []
        for position, value in enumerate(values):
            before = len(results)
            try:
                results.extend(_iterable(function(value)))
            except BaseException as error:
                raise _Failure(error, position) from error
            origins.extend(repeat(position if index is None else index[position], len(results) - before))
        return results, origins

    return step


def _calls(function: Any, base: type, method: str) -> Callable[[Any], Any]:
    call: Callable[[Any], Any] = getattr(function, method) if isinstance(function, base) else function
    return call


def _iterable(produced: Any) -> Any:
    if produced is None:
        raise TypeError("flat_map() needs an iterable for each value, and got None: return [] for nothing")
    return produced


def _print(prefix: str, type_info: Any) -> _Step:
    text = _formatted(type_info)

    def step(values: list[Any], index: list[int] | None) -> tuple[list[Any], list[int] | None]:
        lines = _apply(text, values)
        if lines:
            sys.stdout.write(prefix + f"\n{prefix}".join(lines) + "\n")
            sys.stdout.flush()
        return [], []

    return step


def _formatted(type_info: Any) -> Callable[[Any], str]:
    text = printing.formatter(type_info)
    convert = converter(type_info)
    return text if convert is None else lambda value: text(convert(value))


def _collect(collector_id: str, type_info: Any) -> _Step:
    convert = converter(type_info)

    def step(values: list[Any], index: list[int] | None) -> tuple[list[Any], list[int] | None]:
        target = collector(collector_id)
        if target is not None:
            target.put(values if convert is None else _apply(convert, values))
        return [], []

    return step
