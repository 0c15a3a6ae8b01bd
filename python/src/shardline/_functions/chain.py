"""A fused chain of operators in one subtask. It is opened once, processes bundles and times, and is closed once.

A bundle goes through the chain operator by operator, with all of its values at a time. The operators (`operators`)
transform the values. The chain opens and closes their functions, fires timers, and names the value that failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shardline import _operator_pickle
from shardline._functions import frames, payloads
from shardline._functions.bundle_columns import BundleColumns
from shardline._functions.context import FunctionContext
from shardline._functions.conversion import converter
from shardline._functions.failures import FunctionFailure, ValueFailure
from shardline._functions.keyed_state import KeyedBackend
from shardline._functions.operators.operator import Operator, OperatorSetup, apply
from shardline._functions.operators.registry import operator_class
from shardline._functions.payloads import Bundle, Encoded
from shardline._functions.process_context import Times, to_long
from shardline._functions.shown import shown
from shardline._interfaces.runtime_context import Function
from shardline._interfaces.timers import TimeDomain
from shardline.common.typeinfo import TypeInformation


class Chain:
    """`spec` is the JSON of the OPEN frame, `restored` the bodies of the RESTORE frames before it."""

    def __init__(
        self,
        spec: Mapping[str, Any],
        subtask: int,
        job_parameters: Mapping[str, str],
        restored: Sequence[bytes] = (),
    ) -> None:
        self._spec = spec
        self._described: list[Mapping[str, Any]] = spec["operators"]
        self._subtask = subtask
        self._job_parameters = job_parameters
        self._restored = restored
        self._backend = KeyedBackend() if spec.get("keyed") else None
        self._times = Times()
        self._functions: list[tuple[Function, Mapping[str, Any]]] = []
        self._operators: list[Operator] = []
        self._columns: BundleColumns
        self._output: str = self._described[-1]["output"]
        self._output_type: TypeInformation | None = None
        #: Converts results to the declared type, where they leave the chain as Python objects.
        self._convert: Callable[[Any], Any] | None = None

    def open(self) -> int | None:
        """Opens every function. Returns the time of the first restored timer of processing time, or None."""
        self._check_version()
        backend = self._backend
        for described in self._described:
            try:
                if backend is not None:
                    backend.restore(self._restored)
                    self._restored = ()
                self._operators.append(self._opened(described, backend))
                backend = None  # the other operators have no state
            except BaseException as error:
                raise FunctionFailure(error, described, None) from error
        self._columns = BundleColumns(
            assigns_timestamps=any(operator.assigns_timestamps for operator in self._operators),
            keyed=self._backend is not None,
        )
        for operator in self._operators:
            operator.columns = self._columns
        if not self._operators[-1].ends_chain and self._output in ("pickle", "object"):
            self._convert = converter(self._output_type)
        return self._next_timer()

    def process(self, values: list[Any] | Bundle) -> Encoded:
        """Returns the RESULT for the values of one bundle. Raises `FunctionFailure`."""
        bundle = values if isinstance(values, Bundle) else Bundle(values)
        return self._run(bundle, 0, from_timers=False)

    def advance_watermark(self, watermark: float) -> Encoded:
        """Returns the RESULT of the timers of event time that are due. Raises `FunctionFailure`."""
        self._times.watermark = to_long(watermark)
        return self._fire(self._times.watermark, TimeDomain.EVENT_TIME)

    def advance_processing_time(self, now: float) -> Encoded:
        """Returns the RESULT of the timers of processing time that are due. Raises `FunctionFailure`."""
        return self._fire(to_long(now), TimeDomain.PROCESSING_TIME)

    def snapshot(self) -> list[bytes]:
        """Returns the bodies of the SNAPSHOTTED frames. Raises `FunctionFailure`."""
        if self._backend is None:
            return [b""]
        try:
            return self._backend.snapshot()
        except Exception as error:
            raise FunctionFailure(error, self._described[0], None) from error

    def close(self) -> None:
        """Closes every function, even if one of them raises. Raises the first failure at the end."""
        failure: FunctionFailure | None = None
        while self._functions:
            function, described = self._functions.pop(0)
            try:
                function.close()
            except BaseException as error:  # noqa: BLE001 - a function may raise anything, and the others close too
                failure = failure or FunctionFailure(error, described, None)
        if failure is not None:
            raise failure from failure.cause

    def _check_version(self) -> None:
        version = self._spec.get("version")
        if version != frames.VERSION:
            error = RuntimeError(
                f"the engine speaks version {version} of the function channel, and this package {frames.VERSION}"
            )
            raise FunctionFailure(error, self._described[0], None)

    def _opened(self, described: Mapping[str, Any], backend: KeyedBackend | None) -> Operator:
        function, type_info, extra = _operator_pickle.load(described["pickle"])
        context = FunctionContext(self._spec, self._subtask, self._job_parameters, backend)
        if isinstance(function, Function):
            self._functions.append((function, described))
            function.open(context)
        self._output_type = type_info
        made = operator_class(described, extra, keyed=backend is not None)
        return made(OperatorSetup(function, type_info, extra, context, backend, self._times))

    def _fire(self, until: int, domain: TimeDomain) -> Encoded:
        """Fires timers. Only the first operator has timers, so the values that they emit continue at the second."""
        try:
            emitted = self._operators[0].fire_timers(until, domain)
        except BaseException as error:
            raise FunctionFailure(error, self._described[0], None) from error
        return self._run(emitted, 1 if self._backend is not None else len(self._operators), from_timers=True)

    def _run(self, bundle: Bundle, first: int, *, from_timers: bool) -> Encoded:
        """Runs the operators from number `first` on, and encodes what comes out."""
        self._columns.start(bundle, from_timers=from_timers)
        values = bundle.values
        index: list[int] | None = None
        number = first
        try:
            for number in range(first, len(self._operators)):
                values, index = self._operators[number].process(values, index)
            if self._convert is not None:
                values = apply(self._convert, values)
        except ValueFailure as failure:
            raise self._failure(failure.cause, number, failure.position, values, index, from_timers) from failure.cause
        if self._operators[-1].ends_chain:
            return Encoded(0, 0, 0, b"")
        try:
            columns = self._columns.of_result(index, self._next_timer())
            return payloads.encode(self._output, values, columns, self._output_type)
        except payloads.UnencodableValue as unencodable:
            cause, position = unencodable.cause, unencodable.position
            raise self._failure(cause, number, position, values, index, from_timers) from cause

    def _failure(
        self,
        cause: BaseException,
        number: int,
        position: int,
        values: list[Any],
        index: list[int] | None,
        from_timers: bool,
    ) -> FunctionFailure:
        """Returns the failure of an operator at one of the values that it received."""
        at = None if from_timers else self._columns.in_bundle(position, index)
        described = self._described[min(number, len(self._described) - 1)]
        return FunctionFailure(cause, described, at, shown(values[position]) if position < len(values) else None)

    def _next_timer(self) -> int | None:
        return None if self._backend is None else self._backend.processing_timers.next()
