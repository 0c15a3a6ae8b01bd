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
    """All times are epoch milliseconds. Timers are for keyed streams, and belong to the current key: one for each key
    and time, however often it is registered."""

    @abstractmethod
    def current_processing_time(self) -> int: ...

    @abstractmethod
    def current_watermark(self) -> int:
        """The smallest long before the first watermark, the largest at the end of input."""

    @abstractmethod
    def register_processing_time_timer(self, timestamp: int) -> None: ...

    @abstractmethod
    def register_event_time_timer(self, timestamp: int) -> None: ...

    def delete_processing_time_timer(self, timestamp: int) -> None:  # noqa: B027 - as in PyFlink
        """Nothing happens if there is no such timer."""

    def delete_event_time_timer(self, timestamp: int) -> None:  # noqa: B027 - as in PyFlink
        """Nothing happens if there is no such timer."""
