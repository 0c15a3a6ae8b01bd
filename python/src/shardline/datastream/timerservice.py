"""The timer service of process functions."""

from shardline._absent import module_getattr
from shardline._interfaces.timers import TimerService

__all__ = ["TimerService"]

__getattr__ = module_getattr(__name__)
