"""Settings of checkpoints: a view of the environment's configuration."""

from __future__ import annotations

from shardline import _options
from shardline._absent import AbsentMethods
from shardline.common.configuration import Configuration
from shardline.common.execution_config import milliseconds, positive
from shardline.common.time import Duration
from shardline.datastream.checkpointing_mode import CheckpointingMode
from shardline.datastream.externalized_checkpoint_retention import ExternalizedCheckpointRetention

__all__ = ["CheckpointConfig"]

_PREFIX = "execution.checkpointing."
_INTERVAL = _PREFIX + "interval"
_MODE = _PREFIX + "mode"
_TIMEOUT = _PREFIX + "timeout"
_MIN_PAUSE = _PREFIX + "min-pause"
_MAX_CONCURRENT = _PREFIX + "max-concurrent-checkpoints"
_TOLERABLE_FAILURES = _PREFIX + "tolerable-failed-checkpoints"
_RETENTION = _PREFIX + "externalized-checkpoint-retention"
_UNALIGNED = _PREFIX + "unaligned.enabled"
_ALIGNED_TIMEOUT = _PREFIX + "aligned-checkpoint-timeout"
_FORCE_UNALIGNED = _PREFIX + "unaligned.forced"


class CheckpointConfig(AbsentMethods):
    """What `env.get_checkpoint_config()` returns. Times are in milliseconds. Setters return the same object."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def is_checkpointing_enabled(self) -> bool:
        return self.get_checkpoint_interval() > 0

    def get_checkpointing_mode(self) -> CheckpointingMode:
        return CheckpointingMode[_enum_name(self._configuration.get_string(_MODE, _options.option(_MODE)["default"]))]

    def set_checkpointing_mode(self, checkpointing_mode: CheckpointingMode) -> CheckpointConfig:
        self._configuration.set_string(_MODE, checkpointing_mode.name)
        return self

    def get_checkpoint_interval(self) -> int:
        """Returns -1 if checkpoints are off."""
        return milliseconds(self._configuration, _INTERVAL, -1)

    def set_checkpoint_interval(self, checkpoint_interval: int) -> CheckpointConfig:
        return self._set_millis(_INTERVAL, positive(checkpoint_interval, "checkpoint interval"))

    def get_checkpoint_timeout(self) -> int:
        return milliseconds(self._configuration, _TIMEOUT)

    def set_checkpoint_timeout(self, checkpoint_timeout: int) -> CheckpointConfig:
        return self._set_millis(_TIMEOUT, positive(checkpoint_timeout, "checkpoint timeout"))

    def get_min_pause_between_checkpoints(self) -> int:
        return milliseconds(self._configuration, _MIN_PAUSE)

    def set_min_pause_between_checkpoints(self, min_pause_between_checkpoints: int) -> CheckpointConfig:
        if min_pause_between_checkpoints < 0:
            raise ValueError("Pause value must be zero or positive")
        return self._set_millis(_MIN_PAUSE, min_pause_between_checkpoints)

    def get_max_concurrent_checkpoints(self) -> int:
        return self._configuration.get_integer(_MAX_CONCURRENT, 1)

    def set_max_concurrent_checkpoints(self, max_concurrent_checkpoints: int) -> CheckpointConfig:
        self._configuration.set_integer(
            _MAX_CONCURRENT, positive(max_concurrent_checkpoints, "number of concurrent checkpoints")
        )
        return self

    def is_fail_on_checkpointing_errors(self) -> bool:
        return self.get_tolerable_checkpoint_failure_number() == 0

    def set_fail_on_checkpointing_errors(self, fail_on_checkpointing_errors: bool) -> CheckpointConfig:
        """The older form of `set_tolerable_checkpoint_failure_number`."""
        return self.set_tolerable_checkpoint_failure_number(0 if fail_on_checkpointing_errors else 2**31 - 1)

    def get_tolerable_checkpoint_failure_number(self) -> int:
        return self._configuration.get_integer(
            _TOLERABLE_FAILURES, int(_options.option(_TOLERABLE_FAILURES)["default"])
        )

    def set_tolerable_checkpoint_failure_number(self, tolerable_checkpoint_failure_number: int) -> CheckpointConfig:
        if tolerable_checkpoint_failure_number < 0:
            raise ValueError("The tolerable failure checkpoint number must be non-negative.")
        self._configuration.set_integer(_TOLERABLE_FAILURES, tolerable_checkpoint_failure_number)
        return self

    def set_externalized_checkpoint_retention(
        self, retention_mode: ExternalizedCheckpointRetention
    ) -> CheckpointConfig:
        self._configuration.set_string(_RETENTION, retention_mode.name)
        return self

    def is_externalized_checkpoints_enabled(self) -> bool:
        retention = self.get_externalized_checkpoint_retention()
        return retention not in (None, ExternalizedCheckpointRetention.NO_EXTERNALIZED_CHECKPOINTS)

    def get_externalized_checkpoint_retention(self) -> ExternalizedCheckpointRetention | None:
        name = self._configuration.get_string(_RETENTION, "NO_EXTERNALIZED_CHECKPOINTS")
        return ExternalizedCheckpointRetention[_enum_name(name)]

    def is_unaligned_checkpoints_enabled(self) -> bool:
        return self._configuration.get_boolean(_UNALIGNED, False)

    def enable_unaligned_checkpoints(self, enabled: bool = True) -> CheckpointConfig:
        """Accepted without effect: barriers are always aligned."""
        self._configuration.set_boolean(_UNALIGNED, enabled)
        return self

    def disable_unaligned_checkpoints(self) -> CheckpointConfig:
        return self.enable_unaligned_checkpoints(False)

    def set_aligned_checkpoint_timeout(self, alignment_timeout: Duration) -> CheckpointConfig:
        return self._set_millis(_ALIGNED_TIMEOUT, alignment_timeout._nanos // 1_000_000)

    def get_aligned_checkpoint_timeout(self) -> Duration:
        return Duration.of_millis(milliseconds(self._configuration, _ALIGNED_TIMEOUT, 0))

    def set_alignment_timeout(self, alignment_timeout: Duration) -> CheckpointConfig:
        """The older name of `set_aligned_checkpoint_timeout`."""
        return self.set_aligned_checkpoint_timeout(alignment_timeout)

    def get_alignment_timeout(self) -> Duration:
        return self.get_aligned_checkpoint_timeout()

    def set_force_unaligned_checkpoints(self, force_unaligned_checkpoints: bool = True) -> CheckpointConfig:
        """Accepted without effect: barriers are always aligned."""
        self._configuration.set_boolean(_FORCE_UNALIGNED, force_unaligned_checkpoints)
        return self

    def is_force_unaligned_checkpoints(self) -> bool:
        return self._configuration.get_boolean(_FORCE_UNALIGNED, False)

    def _set_millis(self, key: str, millis: int) -> CheckpointConfig:
        self._configuration.set_string(key, f"{millis} ms")
        return self


def _enum_name(text: str) -> str:
    """Returns the name of a member as a configuration may have it: `exactly-once` is EXACTLY_ONCE."""
    return text.strip().upper().replace("-", "_")
