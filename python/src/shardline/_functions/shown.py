"""A value as an error message shows it: shortened, on one line, and without text that looks like a secret. The engine
shows the values of its own functions in the same way."""

from __future__ import annotations

import re
from typing import Any

_MAX_CHARACTERS = 120
_NAMED_SECRET = re.compile(
    r"""((?:password|passwd|secret|token|api[_-]?key|authorization|credential|private[_-]?key)[\w-]*["']?\s*[:=]\s*)"""
    r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,;&)}\]]+)""",
    re.IGNORECASE,
)
_ACCESS_KEY = re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{12,}\b")
_USER_INFO = re.compile(r"(//)[^/\s@]+@")


def shown(value: Any) -> str:
    try:
        # Masked before it is quoted, because quoting escapes the quotes within it.
        text = repr(_masked(value)) if isinstance(value, str) else _masked(repr(value))
    except Exception as error:  # noqa: BLE001 - a repr may raise anything
        text = f"a {type(value).__name__} whose repr() fails: {type(error).__name__}"
    text = " ".join(text.split())
    return text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]}... ({len(text)} characters)"


def _masked(text: str) -> str:
    for pattern, replacement in ((_NAMED_SECRET, r"\1***"), (_ACCESS_KEY, r"\1***"), (_USER_INFO, r"\1***@")):
        text = pattern.sub(replacement, text)
    return text
