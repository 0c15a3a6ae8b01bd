"""Classes that are defined in private modules and are public under another module's name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

_Class = TypeVar("_Class", bound=type)


def published_in(module: str) -> Callable[[_Class], _Class]:
    """Returns a class decorator that sets `__module__` to `module`, also for nested classes.

    `module` is the path under which programs import the class. Pickles, messages and the table of omitted names
    (`shardline._absent`) use this path, so a class can move between private modules.
    """

    def publish(published: _Class) -> _Class:
        defined_in = published.__module__
        published.__module__ = sys.intern(module)  # one object for all classes, which pickles hold once
        for member in vars(published).values():
            if isinstance(member, type) and member.__module__ == defined_in:
                publish(member)
        return published

    return publish
