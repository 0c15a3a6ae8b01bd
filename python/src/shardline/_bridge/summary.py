"""One line about a job that has ended, from its last metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LOSSES = (
    ("skippedRecords", "skipped"),
    ("droppedUserRecords", "dropped with their aggregates"),
    ("deadLetters", "given to the dead letters"),
)


def lost(metrics: Mapping[str, Any]) -> dict[str, int]:
    """Returns how many records were left out, by the way in which they were. Empty if no record was left out."""
    shards = metrics.get("shards", [])
    found = {meaning: sum(shard.get(key, 0) for shard in shards) for key, meaning in _LOSSES}
    sinks = [o["sink"] for o in metrics.get("operators", []) if o.get("sink")]
    found["given to the dead letters"] += sum(sink["deadLetters"] for sink in sinks)
    return {meaning: count for meaning, count in found.items() if count}


def summary(name: str, state: str, seconds: float, metrics: Mapping[str, Any]) -> str:
    operators, shards = metrics.get("operators", []), metrics.get("shards", [])
    sources = [o for o in operators if o["name"].startswith("Source: ") or o["name"].endswith(" Source")]
    read = sum(s["records"] for s in shards) if shards else sum(o["numRecordsOut"] for o in sources)
    parts = [f"read {read:,} records"]
    sinks = [o["sink"] for o in operators if o.get("sink")]
    if sinks:
        parts.append(f"wrote {sum(sink['records'] for sink in sinks):,}")
    left_out = [f"{count:,} {meaning}" for meaning, count in lost(metrics).items()]
    if left_out:
        parts.append(f"left out {', '.join(left_out)}")
    since = ", since its last restart" if metrics.get("numRestarts") else ""
    return f"job '{name}' is {state} after {seconds:.1f} s: {', '.join(parts)}{since}"
