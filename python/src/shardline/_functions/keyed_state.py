"""State and timers of one keyed operator: tables in memory, with a row for each key.

A snapshot is a blob for each key group, pickled while no function runs: a tuple of the version, the rows (`{name:
[(key, value), ...]}`), and the timers of event time and of processing time (`[(timestamp, key), ...]`). Keys are
canonical bytes. The engine stores the blobs and the index before them (`bindings/functions/README.md`).
"""

from __future__ import annotations

import json
import pickle
import struct
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypedDict

import cloudpickle

from shardline._functions import keys
from shardline._functions.conversion import converter
from shardline._functions.state_types import type_text
from shardline._functions.timers import TimerQueue
from shardline._interfaces.runtime_context import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateDescriptor,
    ValueStateDescriptor,
)
from shardline._interfaces.states import AggregatingState, ListState, MapState, ReducingState, ValueState
from shardline.common.typeinfo import TypeInformation
from shardline.errors import CheckpointError, StateMigrationException

BLOB_VERSION = 1
#: The most bytes of blobs in one body. A larger key group has a body of its own.
BODY_BYTES = 64 * 1024 * 1024

_U32 = struct.Struct("<I")
_REMEDY = (
    "give the state another name or the operator another uid, which start empty, "
    "or start the job without the checkpoint."
)

_Rows = dict[bytes, Any]


class _Declaration(TypedDict):
    kind: str
    type: str | None


class KeyedBackend:
    """`key` and `group` are those of the value or the timer that is being processed."""

    def __init__(self) -> None:
        self.key = b""
        self.event_timers = TimerQueue()
        self.processing_timers = TimerQueue()
        #: The kind and the type of each state. The type is None if the checkpoint does not have it.
        self._declared: dict[str, _Declaration] = {}
        self._asked: set[str] = set()
        self._tables: dict[str, _Rows] = {}
        self._groups: dict[bytes, int] = {}
        self._decoded: tuple[bytes, Any] = (b"", None)

    def set_key(self, key: bytes, group: int) -> None:
        self.key = key
        self._groups[key] = group

    def current_key(self) -> Any:
        if self._decoded[0] != self.key:
            self._decoded = (self.key, keys.decode(self.key))
        return self._decoded[1]

    # ---- states

    def value_state(self, descriptor: ValueStateDescriptor) -> ValueState[Any]:
        _expect(descriptor, ValueStateDescriptor)
        return _Value(self, self._rows(descriptor, "value"), _convert(descriptor.type_info))

    def list_state(self, descriptor: ListStateDescriptor) -> ListState[Any]:
        _expect(descriptor, ListStateDescriptor)
        return _List(self, self._rows(descriptor, "list"), _convert(descriptor.element_type_info))

    def map_state(self, descriptor: MapStateDescriptor) -> MapState[Any, Any]:
        _expect(descriptor, MapStateDescriptor)
        converters = _convert(descriptor.key_type_info), _convert(descriptor.value_type_info)
        return _Map(self, self._rows(descriptor, "map"), *converters)

    def reducing_state(self, descriptor: ReducingStateDescriptor) -> ReducingState[Any]:
        _expect(descriptor, ReducingStateDescriptor)
        return _Reducing(
            self,
            self._rows(descriptor, "reducing"),
            descriptor.get_reduce_function().reduce,
            _convert(descriptor.type_info),
        )

    def aggregating_state(self, descriptor: AggregatingStateDescriptor) -> AggregatingState[Any, Any]:
        _expect(descriptor, AggregatingStateDescriptor)
        return _Aggregating(self, self._rows(descriptor, "aggregating"), descriptor.get_agg_function())

    def _rows(self, descriptor: StateDescriptor, kind: str) -> _Rows:
        name = descriptor.get_name()
        declared: _Declaration = {"kind": kind, "type": type_text(descriptor.type_info)}
        known = self._declared.setdefault(name, declared)
        where = "in this function" if name in self._asked else "in the checkpoint"
        if known["kind"] != kind:
            raise StateMigrationException(
                f"state {name!r} is a {known['kind']} state {where}, and the function asks for a {kind} state: "
                f"{_REMEDY}"
            )
        if known["type"] not in (None, declared["type"]):
            raise StateMigrationException(
                f"state {name!r} has the type {known['type']} {where}, and the function declares {declared['type']}; "
                f"the new type must not be incompatible with the old one. Declare {known['type']} again, or {_REMEDY}"
            )
        self._declared[name] = declared
        self._asked.add(name)
        return self._tables.setdefault(name, {})

    # ---- snapshots

    def snapshot(self) -> list[bytes]:
        """Returns the bodies of SNAPSHOTTED frames, at least one."""
        tables: dict[int, dict[str, list[Any]]] = defaultdict(dict)
        event: dict[int, list[Any]] = defaultdict(list)
        processing: dict[int, list[Any]] = defaultdict(list)
        groups: dict[bytes, int] = {}
        known = self._groups
        for name, rows in self._tables.items():
            for key, value in rows.items():
                group = groups[key] = known[key]
                tables[group].setdefault(name, []).append((key, value))
        for timers, of in ((self.event_timers, event), (self.processing_timers, processing)):
            for timestamp, key in timers:
                group = groups[key] = known[key]
                of[group].append((timestamp, key))
        self._groups = groups  # without keys that have neither state nor timers
        blobs = (
            (group, _pickled((BLOB_VERSION, tables[group], event[group], processing[group])))
            for group in sorted({*tables, *event, *processing})
        )
        return list(_bodies(self._declared, blobs))

    def restore(self, bodies: Iterable[bytes]) -> None:
        for body in bodies:
            length = _U32.unpack_from(body)[0]
            index = json.loads(body[4 : 4 + length])
            for name, declared in index["states"].items():
                self._declared[name] = declared
                self._tables.setdefault(name, {})
            at = 4 + length
            for group, size in index["keyGroups"]:
                self._restore_group(group, body[at : at + size])
                at += size

    def _restore_group(self, group: int, blob: bytes) -> None:
        version, tables, event, processing = pickle.loads(blob)
        if version != BLOB_VERSION:
            raise CheckpointError(f"state of version {version}: this package reads version {BLOB_VERSION}")
        for name, rows in tables.items():
            for key, value in rows:
                self._groups[key] = group
                self._tables[name][key] = value
        for timers, of in ((self.event_timers, event), (self.processing_timers, processing)):
            for timestamp, key in of:
                self._groups[key] = group
                timers.register(timestamp, key)

    def group_of(self, key: bytes) -> int:
        return self._groups[key]


def _pickled(blob: tuple[int, dict[str, list[Any]], list[Any], list[Any]]) -> bytes:
    try:
        return pickle.dumps(blob, 5)
    except Exception:  # noqa: BLE001 - hosts do not have classes of the script's `__main__`
        try:
            return bytes(cloudpickle.dumps(blob, 5))
        except Exception as error:
            names = ", ".join(map(repr, blob[1]))
            raise TypeError(f"the state {names} holds a value that cannot be pickled: {error}") from error


def _bodies(states: dict[str, _Declaration], blobs: Iterable[tuple[int, bytes]]) -> Iterable[bytes]:
    part: list[tuple[int, bytes]] = []
    size = 0
    for group, blob in blobs:
        if part and size + len(blob) > BODY_BYTES:
            yield _body(states, part)
            part, size = [], 0
        part.append((group, blob))
        size += len(blob)
    yield _body(states, part)


def _body(states: dict[str, _Declaration], part: list[tuple[int, bytes]]) -> bytes:
    index = json.dumps({"states": states, "keyGroups": [(group, len(blob)) for group, blob in part]}).encode()
    return b"".join([_U32.pack(len(index)), index, *(blob for _, blob in part)])


def _expect(descriptor: object, expected: type) -> None:
    if not isinstance(descriptor, expected):
        raise TypeError(f"this state needs a {expected.__name__}, not {type(descriptor).__name__}")


def _convert(type_info: TypeInformation) -> Callable[[Any], Any]:
    return converter(type_info) or (lambda value: value)


class _Value(ValueState[Any]):
    def __init__(self, backend: KeyedBackend, rows: _Rows, convert: Callable[[Any], Any]) -> None:
        self._backend = backend
        self._rows = rows
        self._convert = convert

    def value(self) -> Any:
        return self._rows.get(self._backend.key)

    def update(self, value: Any) -> None:
        if value is None:
            self.clear()
        else:
            self._rows[self._backend.key] = self._convert(value)

    def clear(self) -> None:
        self._rows.pop(self._backend.key, None)


class _List(ListState[Any]):
    def __init__(self, backend: KeyedBackend, rows: _Rows, convert: Callable[[Any], Any]) -> None:
        self._backend = backend
        self._rows = rows
        self._convert = convert

    def get(self) -> list[Any]:
        return list(self._rows.get(self._backend.key, ()))

    def add(self, value: Any) -> None:
        self._rows.setdefault(self._backend.key, []).append(self._convert(value))

    def add_all(self, values: Iterable[Any]) -> None:
        converted = list(map(self._convert, values))
        if converted:
            self._rows.setdefault(self._backend.key, []).extend(converted)

    def update(self, values: Iterable[Any]) -> None:
        self.clear()
        self.add_all(values)

    def clear(self) -> None:
        self._rows.pop(self._backend.key, None)


class _Map(MapState[Any, Any]):
    """The lists that it returns are copies, so the map may change while they are read."""

    def __init__(
        self, backend: KeyedBackend, rows: _Rows, convert_key: Callable[[Any], Any], convert: Callable[[Any], Any]
    ) -> None:
        self._backend = backend
        self._rows = rows
        self._convert_key = convert_key
        self._convert = convert

    def _read(self) -> dict[Any, Any]:
        found: dict[Any, Any] | None = self._rows.get(self._backend.key)
        return {} if found is None else found

    def get(self, key: Any) -> Any:
        return self._read().get(key)

    def put(self, key: Any, value: Any) -> None:
        self._rows.setdefault(self._backend.key, {})[self._convert_key(key)] = self._convert(value)

    def put_all(self, dict_value: dict[Any, Any]) -> None:
        for key, value in dict_value.items():
            self.put(key, value)

    def remove(self, key: Any) -> None:
        found = self._read()
        found.pop(key, None)
        if not found:
            self.clear()

    def contains(self, key: Any) -> bool:
        return key in self._read()

    def items(self) -> list[tuple[Any, Any]]:
        return list(self._read().items())

    def keys(self) -> list[Any]:
        return list(self._read())

    def values(self) -> list[Any]:
        return list(self._read().values())

    def is_empty(self) -> bool:
        return not self._read()

    def clear(self) -> None:
        self._rows.pop(self._backend.key, None)


class _Reducing(ReducingState[Any]):
    def __init__(
        self,
        backend: KeyedBackend,
        rows: _Rows,
        reduce: Callable[[Any, Any], Any],
        convert: Callable[[Any], Any],
    ) -> None:
        self._backend = backend
        self._rows = rows
        self._reduce = reduce
        self._convert = convert

    def get(self) -> Any:
        return self._rows.get(self._backend.key)

    def add(self, value: Any) -> None:
        key = self._backend.key
        if key in self._rows:
            value = self._reduce(self._rows[key], value)
        self._rows[key] = self._convert(value)

    def clear(self) -> None:
        self._rows.pop(self._backend.key, None)


class _Aggregating(AggregatingState[Any, Any]):
    def __init__(self, backend: KeyedBackend, rows: _Rows, function: Any) -> None:
        self._backend = backend
        self._rows = rows
        self._function = function

    def get(self) -> Any:
        key = self._backend.key
        return self._function.get_result(self._rows[key]) if key in self._rows else None

    def add(self, value: Any) -> None:
        key = self._backend.key
        accumulator = self._rows[key] if key in self._rows else self._function.create_accumulator()
        self._rows[key] = self._function.add(value, accumulator)

    def clear(self) -> None:
        self._rows.pop(self._backend.key, None)
