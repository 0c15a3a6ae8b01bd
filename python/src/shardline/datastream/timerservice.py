"""Time, and being called when it comes."""

from __future__ import annotations

from abc import ABC, abstractmethod

from shardline._absent import module_getattr

__all__ = ["TimerService"]


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


__getattr__ = module_getattr(__name__)
