"""Time domains, and the timer service of process functions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum

from shardline._publishing import published_in


@published_in("shardline.datastream.time_domain")
class TimeDomain(Enum):
    EVENT_TIME = 0
    PROCESSING_TIME = 1


@published_in("shardline.datastream.timerservice")
class TimerService(ABC):
    """Times are epoch milliseconds. Only functions of keyed streams have timers. A timer belongs to the current key;
    registering it again for the same time has no effect."""

    @abstractmethod
    def current_processing_time(self) -> int: ...

    @abstractmethod
    def current_watermark(self) -> int:
        """Returns the smallest long before the first watermark, and the largest long at the end of the input."""

    @abstractmethod
    def register_processing_time_timer(self, timestamp: int) -> None: ...

    @abstractmethod
    def register_event_time_timer(self, timestamp: int) -> None: ...

    def delete_processing_time_timer(self, timestamp: int) -> None:  # noqa: B027 - as in PyFlink
        """Has no effect if there is no such timer."""

    def delete_event_time_timer(self, timestamp: int) -> None:  # noqa: B027 - as in PyFlink
        """Has no effect if there is no such timer."""
