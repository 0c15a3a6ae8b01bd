"""The clock by which a timer fires."""

from shardline._absent import module_getattr
from shardline._interfaces.timers import TimeDomain

__all__ = ["TimeDomain"]

__getattr__ = module_getattr(__name__)
