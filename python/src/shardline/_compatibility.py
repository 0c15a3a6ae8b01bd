"""Warnings about what a script should know, such as behaviour that differs on a real Flink. Each is shown once, at the
line of the script that causes it."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

from shardline.errors import FlinkCompatibilityWarning

_OWN_FOLDER = str(Path(__file__).parent)
_said: set[str] = set()


def warn_once(message: str, category: type[Warning] = FlinkCompatibilityWarning) -> None:
    if message in _said:
        return
    _said.add(message)
    warnings.warn(message, category, stacklevel=_depth_of_script())


def said(message: str) -> bool:
    """Returns whether this process has shown the warning, so that the engine need not repeat it."""
    return message in _said


def _depth_of_script() -> int:
    """Returns how many frames above `warn_once` the first frame outside this package is."""
    depth = 1
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OWN_FOLDER):
        frame = frame.f_back
        depth += 1
    return depth
