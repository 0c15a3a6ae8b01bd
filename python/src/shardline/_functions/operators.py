"""What is pickled when an operator is added: the function as it is at that moment, and the type declared for it.
Later changes of globals are not seen by the operator, as on Flink."""

from __future__ import annotations

import base64
import pickle
from typing import Any, NamedTuple

from shardline._functions.pickling import dumps
from shardline.common.typeinfo import TypeInformation


class OperatorPickle(NamedTuple):
    """`function`: a callable or Function; for print the sink's identifier, for collect the collector's id.
    `type_info`: of the values that come out; for print and collect, of those that come in.
    `extra`: for key_by the key's type; for process what the function is: `map`, `filter`, `flat_map`, `reduce`, or
    None for a process function."""

    function: Any
    type_info: TypeInformation | None
    extra: Any = None


def dump(function: Any, type_info: TypeInformation | None, extra: Any = None) -> str:
    """Base64 of the pickle. Raises what cloudpickle raises: `TypeError: cannot pickle '_thread.lock' object`."""
    # A plain tuple: the pickle names nothing private of this package.
    return base64.b64encode(dumps((function, type_info, extra))).decode("ascii")


def load(text: str) -> OperatorPickle:
    return OperatorPickle(*pickle.loads(base64.b64decode(text)))
