"""Timestamps and watermarks of records."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from shardline import _operator_pickle
from shardline._absent import AbsentMethods, module_getattr
from shardline._compatibility import warn_once
from shardline.common.time import Duration
from shardline.common.typeinfo import TypeInformation

__all__ = ["TimestampAssigner", "WatermarkStrategy"]


class TimestampAssigner(ABC):
    """Extracts the timestamp of a value."""

    @abstractmethod
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        """Returns epoch milliseconds. `record_timestamp` is the timestamp of the source: for Kinesis, the
        arrival time."""


class WatermarkStrategy(AbsentMethods):
    """Immutable: each `with_...` method returns a new strategy."""

    def __init__(
        self,
        kind: str,
        max_out_of_orderness_ms: int | None = None,
        idleness_ms: int | None = None,
        timestamp_assigner: TimestampAssigner | None = None,
        alignment: dict[str, Any] | None = None,
    ) -> None:
        self._kind = kind
        self._max_out_of_orderness_ms = max_out_of_orderness_ms
        self._idleness_ms = idleness_ms
        self._timestamp_assigner = timestamp_assigner
        self._alignment = alignment

    def with_timestamp_assigner(self, timestamp_assigner: TimestampAssigner) -> WatermarkStrategy:
        if not isinstance(timestamp_assigner, TimestampAssigner):
            raise TypeError(
                f"with_timestamp_assigner() takes a TimestampAssigner, not {type(timestamp_assigner).__name__}: "
                "write a subclass with extract_timestamp(self, value, record_timestamp)"
            )
        return self._with(timestamp_assigner=timestamp_assigner)

    def with_idleness(self, idle_timeout: Duration) -> WatermarkStrategy:
        """Sources that emit no record for `idle_timeout` do not hold back the watermark."""
        if self._timestamp_assigner is not None:
            warn_once(
                "PyFlink (up to 2.3) forgets the timestamp assigner here; call with_idleness() before "
                "with_timestamp_assigner()"
            )
        idleness_ms = _millis(idle_timeout, "with_idleness")
        if idleness_ms <= 0:
            raise ValueError("with_idleness() takes a duration above zero")
        return self._with(idleness_ms=idleness_ms)

    def with_watermark_alignment(
        self, watermark_group: str, max_allowed_watermark_drift: Duration, update_interval: Duration | None = None
    ) -> WatermarkStrategy:
        """Aligns the sources of a group: no shard is read further than the slowest source of the group plus the drift.
        Sources compare their watermarks every second, or every `update_interval`. A source that may become idle also
        needs `with_idleness()`."""
        if self._timestamp_assigner is not None:
            warn_once(
                "PyFlink (up to 2.3) forgets the timestamp assigner here; call with_watermark_alignment() before "
                "with_timestamp_assigner()"
            )
        drift_ms = _millis(max_allowed_watermark_drift, "with_watermark_alignment")
        interval_ms = 1000 if update_interval is None else _millis(update_interval, "with_watermark_alignment")
        if drift_ms < 0 or interval_ms <= 0:
            raise ValueError("with_watermark_alignment() takes a drift that is not negative and an interval above zero")
        group = {"group": watermark_group, "maxDriftMs": drift_ms, "updateIntervalMs": interval_ms}
        return self._with(alignment=group)

    def _with(self, **changes: Any) -> WatermarkStrategy:
        current = {
            "idleness_ms": self._idleness_ms,
            "timestamp_assigner": self._timestamp_assigner,
            "alignment": self._alignment,
        }
        return WatermarkStrategy(self._kind, self._max_out_of_orderness_ms, **{**current, **changes})

    @staticmethod
    def for_monotonous_timestamps() -> WatermarkStrategy:
        return WatermarkStrategy("monotonous")

    @staticmethod
    def for_bounded_out_of_orderness(max_out_of_orderness: Duration) -> WatermarkStrategy:
        millis = _millis(max_out_of_orderness, "for_bounded_out_of_orderness")
        if millis < 0:
            raise ValueError("for_bounded_out_of_orderness() takes a duration that is not negative")
        return WatermarkStrategy("bounded-out-of-orderness", millis)

    @staticmethod
    def no_watermarks() -> WatermarkStrategy:
        return WatermarkStrategy("none")

    def _spec(self, type_info: TypeInformation | None = None) -> dict[str, Any]:
        """Returns this strategy as a job graph has it, for a stream of this type."""
        assigner = self._timestamp_assigner
        return {
            "type": self._kind,
            "maxOutOfOrdernessMs": self._max_out_of_orderness_ms,
            "idlenessMs": self._idleness_ms,
            "timestampAssigner": None
            if assigner is None
            else {"type": "python", "pickle": _operator_pickle.dump(assigner, type_info), "mode": None},
            "alignment": self._alignment,
        }


def _millis(duration: Duration, method: str) -> int:
    if not isinstance(duration, Duration):
        raise TypeError(f"{method}() takes a Duration, not {type(duration).__name__}")
    return duration._nanos // 1_000_000


__getattr__ = module_getattr(__name__)
