"""Keyed streams, state and timers with the built engine. Results are exact when the engine is killed, and with another
parallelism."""

from __future__ import annotations

import contextlib
import os
import signal

import pytest

MODES = pytest.mark.parametrize("mode", ["thread", "process"])

FUNCTIONS = """
    from pyflink.common import Duration
    from pyflink.common.watermark_strategy import TimestampAssigner
    from pyflink.datastream import KeyedProcessFunction, MapFunction
    from pyflink.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor

    class Number(TimestampAssigner):
        def extract_timestamp(self, value, record_timestamp):
            return int(value) * 1000

    class Count(KeyedProcessFunction):
        def open(self, runtime_context):
            self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

        def process_element(self, value, ctx):
            self.count.update((self.count.value() or 0) + 1)
            yield f"{ctx.get_current_key()}:{self.count.value()}"
"""

COUNTING = (
    FUNCTIONS.replace("{", "{{").replace("}", "}}")
    + """
    env = environment(parallelism=int(os.environ.get("PARALLELISM", 2)), checkpoints=150)
    env.configure(Configuration.from_dict({{
        "python.execution-mode": {mode!r}, "execution.checkpointing.dir": {checkpoints!r},
    }}))
    counts = read(env, {source!r}).key_by(lambda value: int(value) % 10, Types.INT()).process(Count(), STRING)
    counts.uid("count")
    write(counts, {target!r})
    env.execute("counting")
"""
)


def counts_of(numbers):
    """Returns the counts of each key up to its last value."""
    seen = {}
    expected = []
    for number in numbers:
        seen[number % 10] = seen.get(number % 10, 0) + 1
        expected.append(f"{number % 10}:{seen[number % 10]}".encode())
    return expected


@MODES
def test_counts_by_key_are_exact_over_kills_of_the_engine_and_at_another_parallelism(
    kinesis, run, tmp_path, monkeypatch, mode
):
    source, target = kinesis.stream(3), kinesis.stream(1)
    checkpoints = tmp_path / "checkpoints"
    code = COUNTING.format(mode=mode, source=source, target=target, checkpoints=str(checkpoints))
    total = 0

    def put(count):
        nonlocal total
        kinesis.put(source, [(f"key-{n % 7}", str(n)) for n in range(total, total + count)])
        total += count

    def latest():
        while True:
            # Older checkpoints are removed meanwhile.
            with contextlib.suppress(FileNotFoundError):
                return max((int(p.parent.name[4:]) for p in checkpoints.rglob("chk-*/_metadata")), default=0)

    script = run(code)
    put(500)
    script.wait_until(lambda: len(set(kinesis.read(target))) >= 500, "not everything was counted")
    seen = latest()
    script.wait_until(lambda: latest() > seen + 1, "no checkpoint was taken")
    put(100)
    (engine,) = script.children("shardline.mjs")
    os.kill(engine, signal.SIGKILL)
    put(100)
    expected = set(counts_of(range(total)))
    script.wait_until(lambda: set(kinesis.read(target)) >= expected, "counts are missing after the kill")
    # Records are written at least once. A repeated record is the same, because state and source are restored together.
    assert set(kinesis.read(target)) == expected
    script.signal_group(signal.SIGINT)
    script.end()
    put(200)
    monkeypatch.setenv("PARALLELISM", "4")
    code_, _, err = run(code, "--restore", "latest", "--stop-at", "latest").end()
    assert code_ == 0, err
    assert set(kinesis.read(target)) == set(counts_of(range(total))), err


@MODES
@pytest.mark.parametrize("where", ["source", "stream"])
def test_timers_of_event_time_fire_in_order_with_an_assigner_of_the_script(kinesis, run, mode, where):
    source = kinesis.stream(2)
    kinesis.put(source, [(f"key-{n}", str(n)) for n in (5, 1, 3, 4, 2)])
    code = (
        FUNCTIONS
        + f"""
    class Timers(KeyedProcessFunction):
        def process_element(self, value, ctx):
            assert ctx.timestamp() == int(value) * 1000
            ctx.timer_service().register_event_time_timer(ctx.timestamp() + 500)
            ctx.timer_service().register_event_time_timer(ctx.timestamp() + 500)

        def on_timer(self, timestamp, ctx):
            yield f"{{ctx.get_current_key()}} {{timestamp}} {{ctx.timestamp()}} {{ctx.time_domain().name}}"

    env = environment()
    env.configure(Configuration.from_dict({{"python.execution-mode": {mode!r}}}))
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(1)).with_timestamp_assigner(Number())
    config = Configuration().set_string("source.init.position", "TRIM_HORIZON")
    source = KinesisStreamsSource.builder().set_stream_arn({source!r}).set_source_config(config)
    source = source.set_deserialization_schema(SimpleStringSchema()).build()
    if {where!r} == "source":
        stream = env.from_source(source, strategy, "input", STRING)
    else:
        stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "input", STRING)
        stream = stream.map(lambda v: v, STRING).assign_timestamps_and_watermarks(strategy)
    stream.key_by(lambda value: int(value) % 2).process(Timers(), STRING).print()
    env.execute("timers")
    """
    )
    code_, out, err = run(code, "--stop-at", "latest").end()
    assert code_ == 0, err
    assert out.splitlines() == [f"{n % 2} {n * 1000 + 500} {n * 1000 + 500} EVENT_TIME" for n in range(1, 6)]


@MODES
def test_timers_of_processing_time_fire_without_records_and_late_ones_after_a_restore(kinesis, run, tmp_path, mode):
    source, target = kinesis.stream(1), kinesis.stream(1)
    kinesis.put(source, [("k", "soon"), ("k", "late")])
    code = (
        FUNCTIONS
        + f"""
    class Alarms(KeyedProcessFunction):
        def process_element(self, value, ctx):
            now = ctx.timer_service().current_processing_time()
            ctx.timer_service().register_processing_time_timer(now + (300 if value == "soon" else 4000))

        def on_timer(self, timestamp, ctx):
            yield f"{{ctx.get_current_key()}} {{ctx.time_domain().name}}"

    env = environment(checkpoints=100)
    env.configure(Configuration.from_dict({{
        "python.execution-mode": {mode!r}, "execution.checkpointing.dir": {str(tmp_path / "checkpoints")!r},
    }}))
    write(read(env, {source!r}).key_by(lambda value: value).process(Alarms(), STRING).uid("alarms"), {target!r})
    env.execute("alarms")
    """
    )
    script = run(code)
    assert kinesis.wait_for(target, 1) == [b"soon PROCESSING_TIME"]
    script.signal_group(signal.SIGINT)
    script.end()
    again = run(code, "--restore", "latest")
    assert sorted(kinesis.wait_for(target, 2)) == [b"late PROCESSING_TIME", b"soon PROCESSING_TIME"]
    again.signal_group(signal.SIGINT)
    again.end()


def test_a_collection_is_keyed_reduced_and_collected(run):
    code = (
        FUNCTIONS
        + """
    class Seen(MapFunction):
        def open(self, runtime_context):
            self.seen = runtime_context.get_map_state(MapStateDescriptor("seen", STRING, Types.INT()))

        def map(self, value):
            self.seen.put(value, (self.seen.get(value) or 0) + 1)
            return sorted(self.seen.items())

    env = environment(parallelism=3)
    words = lambda: env.from_collection(["b", "aa", "c", "aa"], STRING)
    with words().key_by(len).map(Seen()).execute_and_collect() as found:
        print(sorted(found))
    print(sorted(words().key_by(len).reduce(lambda a, b: a + b).execute_and_collect(limit=10)))
    print(sorted(words().key_by(lambda v: v, STRING).execute_and_collect(limit=10)))
    """
    )
    code_, out, err = run(code).end()
    assert code_ == 0, err
    assert out.splitlines() == [
        "[[('aa', 1)], [('aa', 2)], [('b', 1)], [('b', 1), ('c', 1)]]",
        "['aa', 'aaaa', 'b', 'bc']",
        "['aa', 'aa', 'b', 'c']",
    ]


@MODES
def test_a_field_of_rows_is_aggregated_by_key(run, mode):
    code, out, err = run(
        f"""
        env = environment(parallelism=2)
        env.configure(Configuration.from_dict({{"python.execution-mode": {mode!r}}}))
        type_info = Types.ROW_NAMED(["flight", "delay"], [Types.STRING(), Types.INT()])
        flights = env.from_collection([("a", 3), ("a", 5), ("b", 2), ("a", 4), ("b", 1)], type_info)
        by_flight = flights.key_by(lambda flight: flight.flight)
        for emitted in (by_flight.sum("delay"), by_flight.max_by(1)):
            emitted.print()
        env.execute("aggregates")
        """
    ).end()
    assert code == 0, err
    sums, greatest = ["a,3", "a,8", "b,2", "a,12", "b,3"], ["a,3", "a,5", "b,2", "a,5", "b,2"]
    assert sorted(line.split("> ")[-1] for line in out.splitlines()) == sorted(f"+I[{v}]" for v in sums + greatest)


def test_a_state_that_changed_its_kind_is_an_error(kinesis, run, tmp_path):
    source, target = kinesis.stream(1), kinesis.stream(1)
    kinesis.put(source, [("k", "1"), ("k", "2")])
    code = COUNTING.format(mode="thread", source=source, target=target, checkpoints=str(tmp_path / "checkpoints"))
    code_, _, err = run(code, "--stop-at", "latest").end()
    assert code_ == 0, err
    changed = code.replace("get_state(ValueStateDescriptor", "get_list_state(ListStateDescriptor")
    code_, _, err = run(changed, "--restore", "latest", "--stop-at", "latest").end()
    assert code_ != 0
    assert "state 'count' is a value state in the checkpoint" in err


def test_a_state_that_changed_its_type_is_refused_with_its_operator_and_restored_under_another_uid(
    kinesis, run, tmp_path
):
    source, target = kinesis.stream(1), kinesis.stream(1)
    kinesis.put(source, [("k", "1"), ("k", "2")])
    code = COUNTING.format(mode="thread", source=source, target=target, checkpoints=str(tmp_path / "checkpoints"))
    code_, _, err = run(code, "--stop-at", "latest").end()
    assert code_ == 0, err
    changed = code.replace('"count", Types.LONG()', '"count", STRING').replace("self.count.value() or 0) + 1", "'x')")
    code_, _, err = run(changed, "--restore", "latest", "--stop-at", "latest").end()
    assert code_ != 0
    assert "The state of 'KEYED PROCESS' (uid count) cannot be restored: state 'count' has the type LONG in" in err, err
    assert "the function declares STRING; the new type must not be incompatible with the old one" in err
    assert "uid" in err
    code_, _, err = run(
        changed.replace('uid("count")', 'uid("other")'),
        *("--restore", "latest", "--stop-at", "latest", "--allow-non-restored-state"),
    ).end()
    assert code_ == 0, err


ORDER = """
    from pyflink.datastream import KeyedProcessFunction
    from pyflink.datastream.state import ValueStateDescriptor

    class Order(KeyedProcessFunction):
        def open(self, runtime_context):
            self.last = runtime_context.get_state(ValueStateDescriptor("last", Types.LONG()))

        def process_element(self, value, ctx):
            number = int(value.split()[1])
            time.sleep(0.0003)  # records wait in the channels
            expected = (-1 if self.last.value() is None else self.last.value()) + 1
            self.last.update(number)
            yield "in order" if number == expected else f"{{value}} came where {{expected}} was due"

    env = environment(parallelism=4)
    env.configure(Configuration.from_dict({{"python.execution-mode": {mode!r}}}))
    records = read(env, {source!r})
    records.key_by(lambda value: value.split()[0], STRING).process(Order(), STRING).print()
    env.execute("order")
"""


@MODES
def test_records_of_a_key_stay_in_order_when_its_shard_is_split_and_merged(kinesis, run, mode):
    source = kinesis.stream(2)
    numbers = dict.fromkeys((f"key-{i}" for i in range(8)), 0)

    def put(rounds):
        records = []
        for _ in range(rounds):
            for key in numbers:
                records.append((key, f"{key} {numbers[key]}"))
                numbers[key] += 1
        kinesis.put(source, records)

    def open_shards():
        shards = kinesis.client.list_shards(StreamARN=source)["Shards"]
        return [s for s in shards if "EndingSequenceNumber" not in s["SequenceNumberRange"]]

    def active():
        kinesis.client.get_waiter("stream_exists").wait(StreamARN=source, WaiterConfig={"Delay": 1})

    for _ in range(3):
        put(100)
        a, b = (shard["ShardId"] for shard in open_shards())
        kinesis.client.merge_shards(StreamARN=source, ShardToMerge=a, AdjacentShardToMerge=b)
        active()
        put(100)
        merged = open_shards()[0]["ShardId"]
        kinesis.client.split_shard(StreamARN=source, ShardToSplit=merged, NewStartingHashKey=str(2**127))
        active()
    put(100)
    code, out, err = run(ORDER.format(mode=mode, source=source), "--stop-at", "latest").end()
    assert code == 0, err
    lines = [line.split("> ")[-1] for line in out.splitlines()]
    assert set(lines) == {"in order"}, [line for line in lines if line != "in order"][:5]
    assert len(lines) == sum(numbers.values())
