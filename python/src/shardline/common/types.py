"""Rows."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

__all__ = ["Row", "RowKind"]


class RowKind(Enum):
    """The kind of change that a row is in a changelog."""

    INSERT = 0
    UPDATE_BEFORE = 1
    UPDATE_AFTER = 2
    DELETE = 3

    def __str__(self) -> str:
        return ("+I", "-U", "+U", "-D")[self.value]


class Row:
    """A fixed number of fields, with or without names.

    `Row(1, "a")` has positions only. `Row(id=1, name="a")` has names, in this order. `Row("id", "name")` is also a
    factory: a call with values makes a row with these names. Fields are read as `row[0]`, `row["name"]` or `row.name`,
    and written as `row["name"] = value`.
    """

    _values: list[Any]
    _fields: list[str] | None
    _row_kind: RowKind

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError("Can not use both args and kwargs to create Row")
        own = self.__dict__
        own["_values"] = list(kwargs.values()) if kwargs else list(args)
        own["_fields"] = list(kwargs) if kwargs else None
        own["_row_kind"] = RowKind.INSERT

    @staticmethod
    def of_kind(row_kind: RowKind, *args: Any, **kwargs: Any) -> Row:
        row = Row(*args, **kwargs)
        row.set_row_kind(row_kind)
        return row

    def as_dict(self, recursive: bool = False) -> dict[str, Any]:
        """Returns the values by name. `recursive` also converts the rows inside. Raises TypeError for a row without
        names."""
        if self._fields is None:
            raise TypeError("Cannot convert a Row without field names into a dict")
        values = map(_plain, self._values) if recursive else self._values
        return dict(zip(self._fields, values, strict=False))

    def get_row_kind(self) -> RowKind:
        return self._row_kind

    def set_row_kind(self, row_kind: RowKind) -> None:
        self.__dict__["_row_kind"] = row_kind

    def set_field_names(self, field_names: list[str]) -> None:
        self.__dict__["_fields"] = list(field_names)

    def get_fields_by_names(self, names: list[str]) -> list[Any]:
        """Returns the values in the order of `names`, or all values of a row without names."""
        if self._fields is None or self._fields == names:
            return list(self._values)
        positions = {name: position for position, name in enumerate(self._fields)}
        unknown = [name for name in names if name not in positions]
        if unknown:
            raise KeyError(f"{self!r} has no field {unknown[0]!r}")
        return [self._values[positions[name]] for name in names]

    def __contains__(self, item: object) -> bool:
        return item in (self._values if self._fields is None else self._fields)

    def __call__(self, *args: Any) -> Row:
        """Returns a row whose names are the values of this row."""
        if len(args) > len(self._values):
            raise TypeError(f"{self!r} has {len(self._values)} fields, and got {len(args)} values")
        row = Row(*args)
        row.set_field_names([str(value) for value in self._values])
        return row

    def __getitem__(self, item: int | slice | str) -> Any:
        if isinstance(item, (int, slice)):
            return self._values[item]
        return self._values[self._position(item)]

    def __setitem__(self, key: int | str, value: Any) -> None:
        self._values[key if isinstance(key, int) else self._position(key)] = value

    def _position(self, name: str) -> int:
        try:
            return (self._fields or []).index(name)
        except ValueError:
            raise ValueError(f"{self!r} has no field {name!r}") from None

    def __getattr__(self, item: str) -> Any:
        fields = None if item.startswith("__") else self.__dict__.get("_fields")
        if fields is None or item not in fields:
            raise AttributeError(item)
        return self._values[fields.index(item)]

    def __setattr__(self, key: str, value: Any) -> None:
        raise AttributeError(f"a Row's fields are set by index: row[{key!r}] = ...")

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self._values, self._fields, self._row_kind)

    def __repr__(self) -> str:
        if self._fields is None:
            return "<Row({})>".format(", ".join(map(repr, self._values)))
        named = zip(self._fields, self._values, strict=False)
        return "Row({})".format(", ".join(f"{name}={value!r}" for name, value in named))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Row) or self._row_kind is not other._row_kind:
            return False
        if self._fields is None or other._fields is None:
            return self._fields is other._fields and self._values == other._values
        return self.as_dict() == other.as_dict()

    def __hash__(self) -> int:
        return hash(tuple(self._values))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _restore(values: list[Any], fields: list[str] | None, row_kind: RowKind) -> Row:
    row = Row(*values)
    if fields is not None:
        row.set_field_names(fields)
    row.set_row_kind(row_kind)
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, Row):
        return value.as_dict(True)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
