"""The example, on the scripted engine."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parent.parent / "examples" / "delayed_flights.py"

FLIGHTS = [
    {"date": "2001-01-10T09:16:00", "delay": 15, "distance": 1024, "origin": "SFO", "destination": "JFK", "seq": 1},
    {"date": "2001-01-10T09:17:00", "delay": 16, "distance": 1024, "origin": "SFO", "destination": "JFK", "seq": 2},
    {"date": "2001-01-10T09:18:00", "delay": -5, "distance": 300, "origin": "ORD", "destination": "DTW"},
    {"date": "2001-01-10T09:19:00", "delay": 61, "distance": 300, "origin": "ORD", "destination": "DTW"},
    {"date": "2001-01-10T09:20:00", "delay": 181, "distance": 300, "origin": "ORD", "destination": "DTW", "seq": 9},
]


def test_the_example_imports_only_pyflink_and_the_standard_library():
    imported = set()
    for node in ast.walk(ast.parse(EXAMPLE.read_text())):
        if isinstance(node, ast.ImportFrom):
            imported.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Import):
            imported.update(alias.name.partition(".")[0] for alias in node.names)
    assert imported == {"argparse", "json", "os", "pyflink"}


def test_the_example_reports_delayed_flights_and_keeps_their_number(fake_engine, tmp_path):
    submissions = tmp_path / "submissions"
    conf = {
        "env.fake.records": json.dumps([json.dumps(flight) for flight in FLIGHTS]),
        "env.fake.output": str(fake_engine.output),
        "env.fake.submissions": str(submissions),
    }
    done = subprocess.run(
        [
            sys.executable, "-W", "error", "-m", "shardline", "run", str(EXAMPLE),
            "--output-arn", "arn:aws:kinesis:eu-west-1:000000000000:stream/late", "--endpoint", "http://localhost:1",
        ],
        capture_output=True, text=True, check=False, env={**os.environ, "SHARDLINE_CONF": json.dumps(conf)},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [json.loads(value) for value in fake_engine.written("late")] == [
        {"origin": "SFO", "destination": "JFK", "delay": 16, "category": "late", "seq": 2},
        {"origin": "ORD", "destination": "DTW", "delay": 61, "category": "very late"},
        {"origin": "ORD", "destination": "DTW", "delay": 181, "category": "lost the day", "seq": 9},
    ]
    graph = json.loads(submissions.read_text())["graph"]
    assert graph["name"] == "delayed flights"
    assert graph["configuration"]["execution.checkpointing.interval"] == "1000 ms"
    source, sink = graph["transformations"][0]["source"], graph["transformations"][-1]["sink"]
    assert source["configuration"] == {"source.init.position": "TRIM_HORIZON", "aws.endpoint": "http://localhost:1"}
    assert sink["configuration"] == {"aws.region": "eu-west-1", "aws.endpoint": "http://localhost:1"}
    assert (sink["partitionKeyGenerator"], sink["maxInFlightRequests"]) == ({"type": "fixed"}, 1)
