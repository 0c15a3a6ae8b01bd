"""Options that override those of the script when a job is submitted: options of the command line, and of
SHARDLINE_CONF.

They may hold secrets, so they stay in this process. SHARDLINE_CONF is removed from the environment when the package is
imported, and npm's launcher passes its options over a pipe. Function hosts and programs that the script starts do not
inherit them.
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
    """Takes the options from the environment and from the launcher's pipe. Called on import and before each use,
    because a script may set SHARDLINE_CONF."""
    global _environment
    _environment = os.environ.pop(VARIABLE, None) or _environment
    descriptor = os.environ.pop(_PIPE_VARIABLE, None)
    if descriptor:
        with os.fdopen(int(descriptor), encoding="utf-8") as pipe:
            _command_line.update(json.load(pipe))


def of_command_line(values: Mapping[str, str]) -> None:
    _command_line.update(values)


def forget() -> None:
    """Forgets all options. For tests."""
    global _environment
    _environment = None
    _command_line.clear()


def overrides() -> dict[str, str]:
    """Returns the options by key. Options of the command line take precedence. Raises `ConfigurationError` if
    SHARDLINE_CONF is not a JSON map."""
    take()
    return {**_of_environment(), **_command_line}


def _of_environment() -> dict[str, str]:
    if _environment is None:
        return {}
    try:
        values = json.loads(_environment)
        return {str(key): value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    except (ValueError, AttributeError) as error:
        from shardline.errors import ConfigurationError  # imported here, because importing the package is to be light

        raise ConfigurationError(f"{VARIABLE} is not a JSON map: {error}") from None


take()
