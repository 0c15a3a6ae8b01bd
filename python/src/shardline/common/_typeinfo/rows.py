"""Types of rows and tuples, and types of tables."""

from __future__ import annotations

from typing import Any

from shardline._publishing import published_in
from shardline.common._typeinfo.type_information import TypeInformation, checked_type
from shardline.common.types import Row


@published_in("shardline.common.typeinfo")
class RowTypeInfo(TypeInformation):
    """Rows. Fields without declared names are called f0, f1, and so on."""

    def __init__(self, field_types: list[TypeInformation], field_names: list[str] | None = None) -> None:
        self._field_types = [checked_type(field_type) for field_type in field_types]
        names = [f"f{index}" for index in range(len(field_types))] if field_names is None else list(field_names)
        if len(names) != len(self._field_types):
            raise ValueError(f"a ROW needs a name for each type: {len(names)} names, {len(self._field_types)} types")
        if len(set(names)) != len(names):
            raise ValueError(f"a ROW's names must differ: {names}")
        self._field_names = names

    def get_field_names(self) -> list[str]:
        return list(self._field_names)

    def get_field_index(self, field_name: str) -> int:
        """Returns -1 if there is no such field."""
        return self._field_names.index(field_name) if field_name in self._field_names else -1

    def get_field_types(self) -> list[TypeInformation]:
        return list(self._field_types)

    def __repr__(self) -> str:
        fields = zip(self._field_names, self._field_types, strict=True)
        return "RowTypeInfo({})".format(", ".join(f"{name}: {field_type!r}" for name, field_type in fields))

    def _spec(self) -> dict[str, Any]:
        return {"type": "ROW", "names": self._field_names, "types": [t._spec() for t in self._field_types]}

    def need_conversion(self) -> bool:
        return True

    def to_internal_type(self, obj: Any) -> tuple[Any, ...] | None:
        """Returns the fields as a tuple. `obj` is a Row, dict, tuple, list or an object with attributes."""
        if obj is None:
            return None
        if isinstance(obj, Row):
            values = obj.get_fields_by_names(self._field_names)
        elif isinstance(obj, dict):
            values = [obj.get(name) for name in self._field_names]
        elif isinstance(obj, (tuple, list)):
            values = list(obj)
        elif hasattr(obj, "__dict__"):
            values = [obj.__dict__.get(name) for name in self._field_names]
        else:
            raise ValueError(f"Unexpected tuple {obj!r} with RowTypeInfo")
        if len(values) != len(self._field_types):
            raise ValueError(f"a row of {len(self._field_types)} fields cannot take {len(values)} values: {obj!r}")
        return tuple(map(_to_internal, self._field_types, values))

    def from_internal_type(self, obj: Any) -> Row | None:
        if obj is None:
            return None
        row = Row(*map(_from_internal, self._field_types, obj))
        row.set_field_names(self._field_names)
        return row


@published_in("shardline.common.typeinfo")
class RenamedRowTypeInfo(RowTypeInfo):
    """Rows whose fields a schema reads by position, under the names of another row type with as many fields."""

    def __init__(self, rows: RowTypeInfo, seen: RowTypeInfo) -> None:
        super().__init__(rows.get_field_types(), rows.get_field_names())
        self._seen = seen

    def _spec(self) -> dict[str, Any]:
        return self._seen._spec()


@published_in("shardline.common.typeinfo")
class TupleTypeInfo(TypeInformation):
    def __init__(self, field_types: list[TypeInformation]) -> None:
        self._field_types = [checked_type(field_type) for field_type in field_types]

    def get_field_types(self) -> list[TypeInformation]:
        return list(self._field_types)

    def __repr__(self) -> str:
        return "TupleTypeInfo({})".format(", ".join(map(repr, self._field_types)))

    def _spec(self) -> dict[str, Any]:
        return {"type": "TUPLE", "types": [t._spec() for t in self._field_types]}

    def need_conversion(self) -> bool:
        return True

    def to_internal_type(self, obj: Any) -> tuple[Any, ...] | None:
        if obj is None:
            return None
        if not isinstance(obj, (tuple, list, Row)):
            raise ValueError(f"Unexpected tuple {obj!r} with TupleTypeInfo")
        if len(obj) != len(self._field_types):
            raise ValueError(f"a tuple of {len(self._field_types)} fields cannot take {len(obj)} values: {obj!r}")
        return tuple(map(_to_internal, self._field_types, obj))

    def from_internal_type(self, obj: Any) -> tuple[Any, ...] | None:
        return None if obj is None else tuple(map(_from_internal, self._field_types, obj))


@published_in("shardline.common.typeinfo")
class ExternalTypeInfo(TypeInformation):
    """A type outside of tables. It has the values of the type that it wraps."""

    def __init__(self, type_info: TypeInformation) -> None:
        self._type_info = checked_type(type_info)

    def __repr__(self) -> str:
        return f"ExternalTypeInfo<{self._type_info!r}>"

    def _spec(self) -> dict[str, Any]:
        return self._type_info._spec()


def _to_internal(type_info: TypeInformation, value: Any) -> Any:
    return None if value is None else type_info.to_internal_type(value)


def _from_internal(type_info: TypeInformation, value: Any) -> Any:
    return None if value is None else type_info.from_internal_type(value)
