"""Which clock a timer goes by."""

from enum import Enum

from shardline._absent import module_getattr

__all__ = ["TimeDomain"]


class TimeDomain(Enum):
    EVENT_TIME = 0
    PROCESSING_TIME = 1


__getattr__ = module_getattr(__name__)
