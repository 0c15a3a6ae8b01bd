"""Settings of a whole program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shardline import _options
from shardline._absent import AbsentMethods
from shardline.common.configuration import Configuration

if TYPE_CHECKING:
    from typing import Any

__all__ = ["ExecutionConfig"]


class ExecutionConfig(AbsentMethods):
    """What `env.get_config()` returns: a view of the environment's configuration."""

    PARALLELISM_DEFAULT = -1
    PARALLELISM_UNKNOWN = -2

    def __init__(self, configuration: Configuration, job_parameters: dict[str, str]) -> None:
        self._configuration = configuration
        self._job_parameters = job_parameters

    def set_auto_watermark_interval(self, interval: int) -> ExecutionConfig:
        """Sets the interval in milliseconds."""
        if interval < 0:
            raise ValueError("Auto watermark interval must not be negative.")
        self._configuration.set_string("pipeline.auto-watermark-interval", f"{interval} ms")
        return self

    def get_auto_watermark_interval(self) -> int:
        return milliseconds(self._configuration, "pipeline.auto-watermark-interval")

    def get_parallelism(self) -> int:
        """Returns -1 if it is not set, which means the number of cores."""
        return self._configuration.get_integer("parallelism.default", self.PARALLELISM_DEFAULT)

    def set_parallelism(self, parallelism: int) -> ExecutionConfig:
        if parallelism != self.PARALLELISM_DEFAULT:
            self._configuration.set_integer("parallelism.default", positive(parallelism, "parallelism"))
        else:
            self._configuration.remove_config("parallelism.default")
        return self

    def get_max_parallelism(self) -> int:
        """Returns -1 if it is not set."""
        return self._configuration.get_integer("pipeline.max-parallelism", -1)

    def set_max_parallelism(self, max_parallelism: int) -> ExecutionConfig:
        self._configuration.set_integer("pipeline.max-parallelism", max_parallelism_in_range(max_parallelism))
        return self

    def enable_object_reuse(self) -> ExecutionConfig:
        """Accepted without effect: values between operators are never copied."""
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
        """Sets the parameters that functions read by `runtime_context.get_job_parameter(key, default)`."""
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
    most = _options.option("pipeline.max-parallelism")["max"]
    if positive(value, "max parallelism") > most:
        raise ValueError(f"the max parallelism must be between 1 and {most}, not {value}")
    return value


def milliseconds(configuration: Configuration, key: str, default: int | None = None) -> int:
    """Returns a duration option such as `10 s` in milliseconds. A number without a unit is milliseconds.

    Without `default`, an option that is not set has the default of the engine's table.
    """
    text = configuration.get_string(key, "")
    if not text:
        if default is not None:
            return default
        text = _options.option(key)["default"]
    millis = _options.milliseconds(text)
    if millis is None:
        raise ValueError(f"the option {key!r} should be a duration such as '10 s', and is {text!r}")
    return millis
