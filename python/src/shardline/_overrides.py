"""Options that are laid over the script's own at submission: those of the command line, and SHARDLINE_CONF.

They may hold secrets, so they stay in this process. SHARDLINE_CONF is taken out of the environment when the package is
imported, and npm's launcher hands its options over on a pipe. Programs that the script starts, and function hosts, do
not inherit them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

VARIABLE = "SHARDLINE_CONF"
_PIPE_VARIABLE = "SHARDLINE_CONF_FD"

_environment: str | None = None
_command_line: dict[str, str] = {}


def take() -> None:
    """Out of the environment, and off the launcher's pipe. On import, and before each use: a script may set it."""
    global _environment
    _environment = os.environ.pop(VARIABLE, None) or _environment
    descriptor = os.environ.pop(_PIPE_VARIABLE, None)
    if descriptor:
        with os.fdopen(int(descriptor), encoding="utf-8") as pipe:
            _command_line.update(json.load(pipe))


def of_command_line(values: Mapping[str, str]) -> None:
    _command_line.update(values)


def forget() -> None:
    """For tests."""
    global _environment
    _environment = None
    _command_line.clear()


def overrides() -> dict[str, str]:
    """By key; the command line's win. Raises `ConfigurationError` if SHARDLINE_CONF is not a JSON map."""
    take()
    return {**_of_environment(), **_command_line}


def _of_environment() -> dict[str, str]:
    if _environment is None:
        return {}
    try:
        values = json.loads(_environment)
        return {str(key): value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    except (ValueError, AttributeError) as error:
        from shardline.errors import ConfigurationError  # late: importing the package is to be light

        raise ConfigurationError(f"{VARIABLE} is not a JSON map: {error}") from None


take()
