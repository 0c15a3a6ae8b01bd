"""Chains for tests, opened from a list of operators."""

from __future__ import annotations

import pytest

from shardline import _operator_pickle
from shardline._functions import payloads
from shardline._functions.chain import Chain
from shardline._functions.conversion import payload_type
from shardline._functions.failures import FunctionFailure
from shardline.common import Types

STRING = Types.STRING()


def chain(*steps, subtask=0, **spec):
    """Returns an open chain. A step is an operation, a function and the type that comes out, which is a string by
    default."""
    built = Chain(open_spec(*steps, **spec), subtask, {"color": "blue"})
    built.open()
    return built


def open_spec(*steps, **spec):
    described = []
    for number, (operation, function, *declared) in enumerate(steps, 1):
        type_info = declared[0] if declared else STRING
        described.append(
            {
                "id": number,
                "uid": None,
                "name": f"{operation} {number}",
                "operation": operation,
                "pickle": _operator_pickle.dump(function, type_info),
                "input": "text",
                "output": "pickle" if operation in ("print", "collect") else payload_type(type_info),
            }
        )
    return {
        "jobName": "job",
        "taskName": "task",
        "parallelism": 1,
        "maxParallelism": 128,
        "attempt": 2,
        "version": 5,
        "keyed": False,
        "operators": described,
        **spec,
    }


def run(built, values):
    """Returns the values that come out, and the index of the input of each."""
    result = built.process(list(values))
    index = payloads.decode_input_index(result.flags, result.count, result.body)
    out = payloads.decode(result.kind, result.flags, result.count, result.body)
    return out, list(range(len(out))) if index is None else index


def failure(built, values):
    with pytest.raises(FunctionFailure) as raised:
        built.process(list(values))
    return raised.value
