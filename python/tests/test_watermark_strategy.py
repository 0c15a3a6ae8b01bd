"""Watermark strategies."""

from __future__ import annotations

import pytest

from shardline.common import (
    Duration,
    WatermarkStrategy,
)
from shardline.common.watermark_strategy import TimestampAssigner
from shardline.errors import FlinkCompatibilityWarning


class Assigner(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return record_timestamp


def test_watermark_strategies_describe_themselves():
    assert WatermarkStrategy.no_watermarks()._spec() == {
        "type": "none",
        "maxOutOfOrdernessMs": None,
        "idlenessMs": None,
        "timestampAssigner": None,
        "alignment": None,
    }
    assert WatermarkStrategy.for_monotonous_timestamps()._spec()["type"] == "monotonous"
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5)).with_idleness(
        Duration.of_minutes(1)
    )
    assert strategy._spec() == {
        "type": "bounded-out-of-orderness",
        "maxOutOfOrdernessMs": 5000,
        "idlenessMs": 60_000,
        "timestampAssigner": None,
        "alignment": None,
    }


def test_idleness_after_an_assigner_keeps_it_and_says_that_pyflink_does_not():
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Assigner())
    with pytest.warns(FlinkCompatibilityWarning, match="forgets the timestamp assigner") as caught:
        strategy = strategy.with_idleness(Duration.of_seconds(1))
    assert isinstance(strategy._timestamp_assigner, Assigner)
    assert caught[0].filename == __file__


def test_a_lambda_is_no_timestamp_assigner():
    with pytest.raises(TypeError, match="extract_timestamp"):
        WatermarkStrategy.no_watermarks().with_timestamp_assigner(lambda value, timestamp: 0)


def test_durations_of_strategies_are_checked():
    with pytest.raises(TypeError, match="takes a Duration, not int"):
        WatermarkStrategy.for_bounded_out_of_orderness(5)
    with pytest.raises(ValueError, match="above zero"):
        WatermarkStrategy.no_watermarks().with_idleness(Duration.of_seconds(0))
    with pytest.raises(ValueError, match="not negative"):
        WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(-1))


def test_alignment_is_kept_with_the_rest_in_any_order():
    aligned = {"group": "g", "maxDriftMs": 20_000, "updateIntervalMs": 500}
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_watermark_alignment(
        "g", Duration.of_seconds(20), Duration.of_millis(500)
    )
    assert strategy.with_idleness(Duration.of_seconds(1))._spec()["alignment"] == aligned
    assert strategy.with_timestamp_assigner(Assigner())._spec()["alignment"] == aligned
    default = WatermarkStrategy.no_watermarks().with_watermark_alignment("g", Duration.of_seconds(1))
    assert default._spec()["alignment"]["updateIntervalMs"] == 1000
    with pytest.raises(ValueError, match="drift that is not negative"):
        strategy.with_watermark_alignment("g", Duration.of_millis(-1))
    with pytest.warns(FlinkCompatibilityWarning, match="forgets the timestamp assigner"):
        late = strategy.with_timestamp_assigner(Assigner()).with_watermark_alignment("h", Duration.of_seconds(1))
    assert late._spec()["timestampAssigner"] is not None
