"""Functions as bytes, by cloudpickle. A function keeps the name of its file, so that tracebacks show file, line and
source."""

from __future__ import annotations

import io
import types
from collections import ChainMap
from typing import Any, ClassVar

import cloudpickle

_DYNAMIC = "<dynamic-code>"
_reduce_code = cloudpickle.CloudPickler.dispatch_table[types.CodeType]


def _reduce_code_with_filename(code: types.CodeType) -> tuple[Any, ...]:
    """cloudpickle 3.1.2 and later write a placeholder in place of the name of the file."""
    constructor, arguments, *rest = _reduce_code(code)
    return constructor, tuple(code.co_filename if a == _DYNAMIC else a for a in arguments), *rest


class _FunctionPickler(cloudpickle.CloudPickler):  # type: ignore[misc]
    dispatch_table: ClassVar[Any] = ChainMap(
        {types.CodeType: _reduce_code_with_filename}, cloudpickle.CloudPickler.dispatch_table
    )


def dumps(function: Any) -> bytes:
    """Returns the pickle. Raises what cloudpickle raises, such as `TypeError: cannot pickle '_thread.lock' object`."""
    with io.BytesIO() as file:
        _FunctionPickler(file, protocol=5).dump(function)
        return file.getvalue()
