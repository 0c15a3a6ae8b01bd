"""Restart strategies as objects. Flink 2.0 has no use for them: set `restart-strategy.type` and its options in the
`Configuration`. The classes exist because scripts import them."""

from __future__ import annotations

from datetime import timedelta

__all__ = ["RestartStrategies", "RestartStrategyConfiguration"]


class RestartStrategyConfiguration:
    """Base class of restart strategies."""

    _description = ""

    def get_description(self) -> str:
        return self._description

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), self._description))


class RestartStrategies:
    class NoRestartStrategyConfiguration(RestartStrategyConfiguration):
        def __init__(self) -> None:
            self._description = "Restart deactivated."

    class FixedDelayRestartStrategyConfiguration(RestartStrategyConfiguration):
        def __init__(
            self,
            restart_attempts: int | None = None,
            delay_between_attempts_interval: timedelta | None = None,
        ) -> None:
            self._restart_attempts = 0 if restart_attempts is None else restart_attempts
            self._delay = delay_between_attempts_interval or timedelta()
            self._description = f"Restart up to {self._restart_attempts} times, {self._delay} apart."

        def get_restart_attempts(self) -> int:
            return self._restart_attempts

        def get_delay_between_attempts_interval(self) -> timedelta:
            return self._delay

    class FailureRateRestartStrategyConfiguration(RestartStrategyConfiguration):
        def __init__(
            self,
            max_failure_rate: int | None = None,
            failure_interval: timedelta | None = None,
            delay_between_attempts_interval: timedelta | None = None,
        ) -> None:
            self._max_failure_rate = 0 if max_failure_rate is None else max_failure_rate
            self._failure_interval = failure_interval or timedelta()
            self._delay = delay_between_attempts_interval or timedelta()
            self._description = f"Restart up to {self._max_failure_rate} times in {self._failure_interval}."

        def get_max_failure_rate(self) -> int:
            return self._max_failure_rate

        def get_failure_interval(self) -> timedelta:
            return self._failure_interval

        def get_delay_between_attempts_interval(self) -> timedelta:
            return self._delay

    class FallbackRestartStrategyConfiguration(RestartStrategyConfiguration):
        def __init__(self) -> None:
            self._description = "Restart as the configuration says."

    @staticmethod
    def no_restart() -> NoRestartStrategyConfiguration:
        return RestartStrategies.NoRestartStrategyConfiguration()

    @staticmethod
    def fall_back_restart() -> FallbackRestartStrategyConfiguration:
        return RestartStrategies.FallbackRestartStrategyConfiguration()

    @staticmethod
    def fixed_delay_restart(
        restart_attempts: int, delay_between_attempts: int
    ) -> FixedDelayRestartStrategyConfiguration:
        """`delay_between_attempts` is in milliseconds."""
        return RestartStrategies.FixedDelayRestartStrategyConfiguration(
            restart_attempts, timedelta(milliseconds=delay_between_attempts)
        )

    @staticmethod
    def failure_rate_restart(
        failure_rate: int, failure_interval: int, delay_interval: int
    ) -> FailureRateRestartStrategyConfiguration:
        """Both intervals are in milliseconds."""
        return RestartStrategies.FailureRateRestartStrategyConfiguration(
            failure_rate, timedelta(milliseconds=failure_interval), timedelta(milliseconds=delay_interval)
        )
