"""The example of docs/migration.md, and its statements about state."""

from __future__ import annotations

import re
from pathlib import Path

GUIDE = Path(__file__).parents[3] / "docs" / "migration.md"


def test_the_example_reads_from_the_time_that_it_names(kinesis, run):
    source = kinesis.stream(2)
    kinesis.put(source, [(f"key-{n}", f"order {n}") for n in range(20)])
    example = re.search(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)[1]
    script = example.replace("arn:aws:kinesis:us-east-1:000000000000:stream/orders", source)
    assert script.count(source) == 1
    code, out, err = run(script, "--stop-at", "latest").end()
    assert (code, err) == (0, "")
    assert sorted(re.sub(r"^\d+> ", "", line) for line in out.splitlines()) == sorted(f"order {n}" for n in range(20))


OLD = """
    from pyflink.datastream.connectors.kinesis import FlinkKinesisConsumer
    env = environment(checkpoints=100)
    properties = {{"aws.region": "us-east-1", "flink.stream.initpos": "TRIM_HORIZON"}}
    consumer = FlinkKinesisConsumer({name!r}, SimpleStringSchema(), properties)
    env.add_source(consumer, "orders").uid("orders").print()
    env.execute("moving")
"""

NEW = """
    env = environment(checkpoints=100)
    read(env, {source!r}).uid("orders").print()
    env.execute("moving")
"""


def test_a_source_of_the_same_uid_goes_on_where_our_consumer_was(kinesis, run):
    source = kinesis.stream(2)
    kinesis.put(source, [(f"key-{n}", f"old {n}") for n in range(20)])
    code, out, _ = run(OLD.format(name=source.split("/")[-1]), "--stop-at", "latest").end()
    assert code == 0
    assert len(out.splitlines()) == 20
    kinesis.put(source, [(f"key-{n}", f"new {n}") for n in range(20)])
    code, out, err = run(NEW.format(source=source), "--stop-at", "latest", "--restore", "latest").end()
    assert code == 0, err
    assert sorted(out.splitlines()) == sorted(f"new {n}" for n in range(20))
