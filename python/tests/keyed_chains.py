"""Keyed chains for tests, and bundles whose values have keys."""

from __future__ import annotations

from shardline import _operator_pickle
from shardline._functions import frames, keys, payloads
from shardline._functions.chain import Chain
from shardline._functions.conversion import payload_type
from shardline._functions.payloads import Bundle
from shardline._functions.process_context import MIN_LONG
from shardline.common import Types
from shardline.common.watermark_strategy import TimestampAssigner
from shardline.datastream import (
    KeyedProcessFunction,
)
from shardline.datastream.state import (
    ValueStateDescriptor,
)

STRING = Types.STRING()
GROUPS = 8


def chain(*steps, keyed=True, restored=()):
    """Returns an open chain. A step is an operation, a function, the type that comes out (pickled by default), and the
    extra of the pickle."""
    described = []
    for number, (operation, function, *rest) in enumerate(steps, 1):
        type_info = rest[0] if rest else Types.PICKLED_BYTE_ARRAY()
        described.append(
            {
                "id": number,
                "uid": None,
                "name": f"{operation} {number}",
                "operation": operation,
                "pickle": _operator_pickle.dump(function, type_info, rest[1] if len(rest) > 1 else None),
                "input": "text",
                "output": payload_type(type_info),
            }
        )
    spec = {
        "version": frames.VERSION,
        "jobName": "job",
        "taskName": "task",
        "parallelism": 1,
        "maxParallelism": GROUPS,
        "attempt": 0,
        "keyed": keyed,
        "operators": described,
    }
    built = Chain(spec, 0, {}, restored)
    built.next_timer = built.open()
    return built


def group_of(key):
    return sum(key) % GROUPS


def bundle(*values, key=lambda value: value[0], timestamps=None):
    encoded = [keys.encode(key(value)) for value in values]
    return Bundle(list(values), timestamps, list(map(group_of, encoded)), encoded)


def out(result):
    return payloads.decode(result.kind, result.flags, result.count, result.body)


def columns(result):
    return payloads.decode_bundle(result.kind, result.flags, result.count, result.body)


class Count(KeyedProcessFunction):
    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value, ctx):
        self.count.update((self.count.value() or 0) + 1)
        if ctx.timestamp() != MIN_LONG:
            ctx.timer_service().register_event_time_timer(ctx.timestamp() + 10)
        yield f"{ctx.get_current_key()}{self.count.value()}"

    def on_timer(self, timestamp, ctx):
        yield f"{ctx.get_current_key()}@{timestamp}={self.count.value()} {ctx.timestamp()} {ctx.time_domain().name}"


class Number(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return int(value) if value != "same" else record_timestamp
