"""The engine's error objects as exceptions."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

import pytest

from shardline._bridge import errors
from shardline.errors import (
    BridgeError,
    CheckpointError,
    ConfigurationError,
    EngineUnavailableError,
    IllegalStateException,
    JobCancellationException,
    JobExecutionException,
    RemoteStack,
    ServiceError,
    ShardlineError,
)

ENGINE_CODES = Path(__file__).parents[2] / "core" / "errors.ts"


def wire(code, message="it failed", **rest):
    return {
        "code": code,
        "className": "SomeError",
        "message": message,
        "retryable": False,
        "details": {},
        "remoteStack": f"SomeError: {message}\n    at engine.ts:1:1",
        "cause": None,
        **rest,
    }


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("CONFIGURATION_INVALID", ConfigurationError),
        ("STREAM_NOT_FOUND", ServiceError),
        ("FUNCTION_FAILED", JobExecutionException),
        ("CHECKPOINT_NOT_FOUND", CheckpointError),
        ("JOB_CANCELED", JobCancellationException),
        ("ILLEGAL_STATE", IllegalStateException),
        ("STALE_BUILD", EngineUnavailableError),
        ("PROTOCOL_VIOLATED", BridgeError),
        ("INTERNAL", ShardlineError),
        ("FROM_THE_FUTURE", ShardlineError),
    ],
)
def test_a_code_decides_the_class(code, expected):
    error = errors.from_data("", wire(code, retryable=True))
    assert type(error) is expected
    assert (error.code, error.retryable, str(error)) == (code, True, "it failed")


@pytest.mark.skipif(not ENGINE_CODES.exists(), reason="not in a checkout")
def test_every_code_of_the_engine_has_a_class():
    codes = re.findall(r"^  ([A-Z_]+): facts\(", ENGINE_CODES.read_text(), re.MULTILINE)
    assert set(codes) == set(errors._CLASSES)


def test_the_engines_stack_is_the_cause():
    error = errors.from_data("", wire("INTERNAL", cause=wire("THROTTLED", "slow down")))
    assert isinstance(error.__cause__, RemoteStack)
    text = "".join(traceback.format_exception(error))
    assert "in the engine:\nSomeError: it failed\n    at engine.ts:1:1\ncaused by: SomeError: slow down" in text
    assert text.rstrip().endswith("ShardlineError: it failed")


FUNCTION_DETAILS = {
    "traceback": "Traceback (most recent call last):\n  File 'job.py'\nZeroDivisionError: division by zero\n",
    "operator": "Map",
    "stream": "flights",
    "shardId": "shardId-000000000001",
    "sequenceNumber": "49590338271490256608559692538361571095921575989136588898",
    "index": 3,
}


def test_a_failing_function_shows_its_traceback_operator_and_record():
    error = errors.from_data(
        "", wire("FUNCTION_FAILED", "ZeroDivisionError: division by zero", details=FUNCTION_DETAILS)
    )
    assert isinstance(error, JobExecutionException)
    assert str(error) == (
        "ZeroDivisionError: division by zero\n"
        "  at operator Map, stream flights, shard shardId-000000000001, "
        "sequence number 49590338271490256608559692538361571095921575989136588898\n"
        "\n"
        "Traceback (most recent call last):\n  File 'job.py'\nZeroDivisionError: division by zero"
    )
    assert (error.operator, error.stream, error.shard_id) == ("Map", "flights", "shardId-000000000001")
    assert error.sequence_number == FUNCTION_DETAILS["sequenceNumber"]
    assert error.python_traceback == FUNCTION_DETAILS["traceback"]


def test_a_functions_details_are_found_behind_the_jobs_own_error():
    cause = wire("FUNCTION_FAILED", "division by zero", details=FUNCTION_DETAILS)
    error = errors.from_data("", wire("JOB_FAILED", "the job failed", cause=cause))
    assert error.operator == "Map"
    assert "ZeroDivisionError" in str(error)


def test_a_traceback_is_shown_once():
    details = {**FUNCTION_DETAILS, "operator": None}
    stack = FUNCTION_DETAILS["traceback"]
    error = errors.from_data("", wire("FUNCTION_FAILED", "failed", details=details, remoteStack=stack))
    assert "".join(traceback.format_exception(error)).count("File 'job.py'") == 1


def test_a_place_that_the_message_names_is_not_repeated():
    error = errors.from_data("", wire("STREAM_NOT_FOUND", "no stream flights", details={"stream": "flights"}))
    assert str(error) == "no stream flights"


@pytest.mark.parametrize("code", [-32700, -32600, -32601, -32602, -32603])
def test_a_fault_of_the_protocol_is_a_defect_of_ours(code):
    error = errors.from_response({"code": code, "message": "no such method"})
    assert isinstance(error, BridgeError)
    assert str(error) == f"the engine answered {code}: no such method"


def test_an_error_object_with_missing_parts_is_no_crash():
    assert str(errors.from_response({"code": -32000, "message": "odd", "data": {"details": 5, "cause": "x"}})) == "odd"
