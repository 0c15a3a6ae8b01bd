"""Durations, times and instants."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shardline.common import (
    Duration,
    Instant,
    Time,
)


def test_durations_compare_by_length():
    assert Duration.of_days(1) == Duration.of_hours(24) == Duration.of_minutes(1440) == Duration.of_seconds(86400)
    assert Duration.of_millis(1) == Duration.of_nanos(1_000_000)
    assert Duration.of_millis(1) != Duration.of_millis(2)


def test_times_compare_by_length():
    assert Time.days(1) == Time.hours(24) == Time.minutes(1440) == Time.seconds(86400)
    assert Time.seconds(1).to_milliseconds() == 1000
    assert str(Time.milliseconds(5)) == "5 ms"


@given(st.integers(-(10**15), 10**15))
def test_an_instant_is_its_epoch_milliseconds(millis):
    assert Instant.of_epoch_milli(millis).to_epoch_milli() == millis
