"""Types of dates and times."""

from __future__ import annotations

import datetime
from enum import Enum
from typing import Any

from shardline._publishing import published_in
from shardline.common._typeinfo.type_information import TypeInformation


@published_in("shardline.common.typeinfo")
class SqlTimeTypeInfo(TypeInformation):
    @staticmethod
    def DATE() -> DateTypeInfo:
        return DateTypeInfo()

    @staticmethod
    def TIME() -> TimeTypeInfo:
        return TimeTypeInfo()

    @staticmethod
    def TIMESTAMP() -> TimestampTypeInfo:
        return TimestampTypeInfo()


@published_in("shardline.common.typeinfo")
class DateTypeInfo(TypeInformation):
    """`datetime.date`. The internal form is the number of days since 1970-01-01."""

    EPOCH_ORDINAL = datetime.date(1970, 1, 1).toordinal()

    def __init__(self) -> None:
        pass

    def _spec(self) -> dict[str, Any]:
        return {"type": "SQL_DATE"}

    def need_conversion(self) -> bool:
        return True

    def to_internal_type(self, d: datetime.date | None) -> int | None:
        return None if d is None else d.toordinal() - self.EPOCH_ORDINAL

    def from_internal_type(self, v: int | None) -> datetime.date | None:
        return None if v is None else datetime.date.fromordinal(v + self.EPOCH_ORDINAL)


@published_in("shardline.common.typeinfo")
class TimeTypeInfo(TypeInformation):
    """`datetime.time`. The internal form is microseconds of the day, in UTC if the time has a zone."""

    def _spec(self) -> dict[str, Any]:
        return {"type": "SQL_TIME"}

    def need_conversion(self) -> bool:
        return True

    def to_internal_type(self, t: datetime.time | None) -> int | None:
        if t is None:
            return None
        offset = t.utcoffset() or datetime.timedelta()
        since_midnight = datetime.timedelta(
            hours=t.hour, minutes=t.minute, seconds=t.second, microseconds=t.microsecond
        )
        return (since_midnight - offset) // datetime.timedelta(microseconds=1)

    def from_internal_type(self, t: int | None) -> datetime.time | None:
        if t is None:
            return None
        return (datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=t)).time()


@published_in("shardline.common.typeinfo")
class TimestampTypeInfo(TypeInformation):
    """`datetime.datetime`. The internal form is epoch microseconds. A value without a zone is local time."""

    def _spec(self) -> dict[str, Any]:
        return {"type": "SQL_TIMESTAMP"}

    def need_conversion(self) -> bool:
        return True

    def to_internal_type(self, dt: datetime.datetime | None) -> int | None:
        if dt is None:
            return None
        return int(dt.replace(microsecond=0).timestamp()) * 1_000_000 + dt.microsecond

    def from_internal_type(self, ts: int | None) -> datetime.datetime | None:
        if ts is None:
            return None
        seconds, micros = divmod(ts, 1_000_000)
        return datetime.datetime.fromtimestamp(seconds).replace(microsecond=micros)


@published_in("shardline.common.typeinfo")
class LocalTimeTypeInfo(TypeInformation):
    class TimeType(Enum):
        LOCAL_DATE = 0
        LOCAL_TIME = 1
        LOCAL_DATE_TIME = 2

    def __init__(self, time_type: TimeType) -> None:
        self._time_type = time_type

    def __repr__(self) -> str:
        return f"LocalTimeTypeInfo({self._time_type.name})"

    def _spec(self) -> dict[str, Any]:
        return {"type": self._time_type.name}
