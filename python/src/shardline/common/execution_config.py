"""Settings of a program that are not about one operator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shardline._absent import AbsentMethods
from shardline.common.configuration import Configuration

if TYPE_CHECKING:
    from typing import Any

__all__ = ["ExecutionConfig"]


class ExecutionConfig(AbsentMethods):
    """What `env.get_config()` returns: a view on the environment's configuration."""

    PARALLELISM_DEFAULT = -1
    PARALLELISM_UNKNOWN = -2

    def __init__(self, configuration: Configuration, job_parameters: dict[str, str]) -> None:
        self._configuration = configuration
        self._job_parameters = job_parameters

    def set_auto_watermark_interval(self, interval: int) -> ExecutionConfig:
        """Milliseconds."""
        if interval < 0:
            raise ValueError("Auto watermark interval must not be negative.")
        self._configuration.set_string("pipeline.auto-watermark-interval", f"{interval} ms")
        return self

    def get_auto_watermark_interval(self) -> int:
        return milliseconds(self._configuration, "pipeline.auto-watermark-interval", 200)

    def get_parallelism(self) -> int:
        """-1: not set, which means the number of cores."""
        return self._configuration.get_integer("parallelism.default", self.PARALLELISM_DEFAULT)

    def set_parallelism(self, parallelism: int) -> ExecutionConfig:
        if parallelism != self.PARALLELISM_DEFAULT:
            self._configuration.set_integer("parallelism.default", positive(parallelism, "parallelism"))
        else:
            self._configuration.remove_config("parallelism.default")
        return self

    def get_max_parallelism(self) -> int:
        """-1: not set."""
        return self._configuration.get_integer("pipeline.max-parallelism", -1)

    def set_max_parallelism(self, max_parallelism: int) -> ExecutionConfig:
        self._configuration.set_integer("pipeline.max-parallelism", max_parallelism_in_range(max_parallelism))
        return self

    def enable_object_reuse(self) -> ExecutionConfig:
        """Accepted; values between operators are never copied here."""
        self._configuration.set_boolean("pipeline.object-reuse", True)
        return self

    def disable_object_reuse(self) -> ExecutionConfig:
        self._configuration.set_boolean("pipeline.object-reuse", False)
        return self

    def is_object_reuse_enabled(self) -> bool:
        return self._configuration.get_boolean("pipeline.object-reuse", False)

    def get_global_job_parameters(self) -> dict[str, str]:
        return dict(self._job_parameters)

    def set_global_job_parameters(self, global_job_parameters_dict: Mapping[str, Any]) -> ExecutionConfig:
        """What functions read by `runtime_context.get_job_parameter(key, default)`."""
        self._job_parameters.clear()
        self._job_parameters.update({str(key): str(value) for key, value in global_job_parameters_dict.items()})
        return self

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ExecutionConfig)
            and self._configuration == other._configuration
            and self._job_parameters == other._job_parameters
        )

    def __hash__(self) -> int:
        return hash(self._configuration)


def positive(value: int, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"the {name} must be an integer of at least 1, not {value!r}")
    return value


def max_parallelism_in_range(value: int) -> int:
    if positive(value, "max parallelism") > 32768:
        raise ValueError(f"the max parallelism must be between 1 and 32768, not {value}")
    return value


_UNITS_MS = {
    "": 1.0,
    "ns": 1e-6, "nano": 1e-6, "nanosecond": 1e-6, "nanos": 1e-6, "nanoseconds": 1e-6,
    "us": 1e-3, "µs": 1e-3, "micro": 1e-3, "micros": 1e-3, "microsecond": 1e-3, "microseconds": 1e-3,
    "ms": 1.0, "milli": 1.0, "millis": 1.0, "millisecond": 1.0, "milliseconds": 1.0,
    "s": 1e3, "sec": 1e3, "secs": 1e3, "second": 1e3, "seconds": 1e3,
    "m": 6e4, "min": 6e4, "minute": 6e4, "minutes": 6e4,
    "h": 3.6e6, "hour": 3.6e6, "hours": 3.6e6,
    "d": 8.64e7, "day": 8.64e7, "days": 8.64e7,
}  # fmt: skip


def milliseconds(configuration: Configuration, key: str, default: int) -> int:
    """A duration option such as `10 s`; a bare number is milliseconds."""
    text = configuration.get_string(key, "")
    if not text:
        return default
    digits = len(text) - len(text.lstrip("0123456789"))
    unit = _UNITS_MS.get(text[digits:].strip().lower())
    if not digits or unit is None:
        raise ValueError(f"the option {key!r} should be a duration such as '10 s', and is {text!r}")
    return int(int(text[:digits]) * unit)
