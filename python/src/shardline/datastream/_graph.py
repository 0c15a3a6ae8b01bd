"""What a program said, as a job graph: `core/graph/job-graph.ts` of the source tree is the contract.
Every key is always present, and null means "not set"."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shardline.errors import ConfigurationError, IllegalStateException

JOB_GRAPH_VERSION = 2
EXECUTION_MODE = "python.execution-mode"


@dataclass
class Edge:
    """From a transformation to an input of another. `partitioning` is the name of a partitioner: None is forward where
    both ends have the same parallelism, else rebalance."""

    source: Transformation
    partitioning: str | None = None

    def spec(self) -> dict[str, Any]:
        partitioner = None if self.partitioning is None else {"type": self.partitioning}
        return {"from": self.source.id, "tag": None, "input": 0, "partitioner": partitioner}


@dataclass
class Transformation:
    """One operator. `kind` says which keys `body` holds."""

    id: int
    kind: str
    name: str
    body: dict[str, Any]
    inputs: list[Edge] = field(default_factory=list)
    uid: str | None = None
    parallelism: int | None = None
    max_parallelism: int | None = None

    def spec(self, mode: str) -> dict[str, Any]:
        spec: dict[str, Any] = {
            "id": self.id,
            "uid": self.uid,
            "name": self.name,
            "parallelism": self.parallelism,
            "maxParallelism": self.max_parallelism,
            "kind": self.kind,
            "inputs": [edge.spec() for edge in self.inputs],
            **self.body,
        }
        if "function" in self.body:
            spec["function"] = _in_mode(self.body["function"], mode)
        if strategy := self.body.get("watermarkStrategy"):
            spec["watermarkStrategy"] = {**strategy, "timestampAssigner": _in_mode(strategy["timestampAssigner"], mode)}
        return spec


def _in_mode(function_spec: dict[str, Any] | None, mode: str) -> dict[str, Any] | None:
    """Where a function runs is said when the job is submitted, unless it always runs in the driver."""
    if function_spec is None or function_spec["mode"] is not None:
        return function_spec
    return {**function_spec, "mode": mode}


def source(source_spec: dict[str, Any], output: str, watermark_strategy: dict[str, Any]) -> dict[str, Any]:
    return {"source": source_spec, "output": output, "watermarkStrategy": watermark_strategy}


def function(pickle: str, output: str, *, in_driver: bool = False, **fields: Any) -> dict[str, Any]:
    """The body of a transformation with a function. `in_driver`: the function always runs in the driver; otherwise the
    configuration decides when the job is submitted. `fields`: the other fields of the kind."""
    spec = {"type": "python", "pickle": pickle, "mode": "driver" if in_driver else None}
    return {"function": spec, "output": output, **fields}


def watermarks(strategy: dict[str, Any], output: str) -> dict[str, Any]:
    return {"watermarkStrategy": strategy, "output": output}


def sink(sink_spec: dict[str, Any]) -> dict[str, Any]:
    return {"sink": sink_spec}


def build(
    name: str,
    transformations: list[Transformation],
    configuration: dict[str, str],
    parallelism: int | None,
    max_parallelism: int | None,
) -> dict[str, Any]:
    """The whole graph. Streams that nobody reads run too: they end in a sink that discards."""
    mode = configuration.get(EXECUTION_MODE, "thread").strip().lower()
    if mode not in ("thread", "process"):
        raise ConfigurationError(f"{EXECUTION_MODE} must be 'thread' or 'process', not {mode!r}")
    used = {edge.source.id for transformation in transformations for edge in transformation.inputs}
    # A source alone is no program, and one that nobody reads never starts.
    included = [t for t in transformations if t.kind != "source" or t.id in used]
    if not included:
        raise IllegalStateException("No operators defined in streaming topology. Cannot execute.")
    next_id = max(t.id for t in transformations) + 1
    for dangling in [t for t in included if t.kind != "sink" and t.id not in used]:
        by_key = dangling.kind == "key_by"
        included.append(
            Transformation(
                next_id,
                "sink",
                "Discard",
                sink({"type": "discard"}),
                [Edge(dangling, "hash" if by_key else None)],
                parallelism=dangling.parallelism,
                max_parallelism=dangling.max_parallelism,
            )
        )
        next_id += 1
    return {
        "version": JOB_GRAPH_VERSION,
        "name": name,
        "configuration": configuration,
        "parallelism": parallelism,
        "maxParallelism": max_parallelism,
        "transformations": [transformation.spec(mode) for transformation in included],
    }
