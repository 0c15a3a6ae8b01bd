"""Timer queues."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shardline._functions.timers import TimerQueue


@given(st.lists(st.tuples(st.sampled_from(["register", "delete", "take"]), st.integers(0, 8), st.sampled_from("ab"))))
def test_a_timer_queue_is_a_sorted_set(steps):
    queue, model = TimerQueue(), set()
    for what, at, key in steps:
        if what == "register":
            queue.register(at, key.encode())
            model.add((at, key.encode()))
        elif what == "delete":
            queue.delete(at, key.encode())
            model.discard((at, key.encode()))
        else:
            due = queue.take(at)
            expected = min((t for t, _ in model), default=None)
            if expected is None or expected > at:
                assert due is None
            else:
                assert due in model
                assert due[0] == expected
                model.discard(due)
        assert sorted(queue) == sorted(model)
        assert queue.next() == min((t for t, _ in model), default=None)


def test_a_timer_that_is_moved_with_every_record_leaves_no_garbage():
    queue = TimerQueue()
    for at in range(1, 20_001):
        queue.delete(at - 1, b"k")
        queue.register(at, b"k")
    assert queue.next() == 20_000
    assert list(queue) == [(20_000, b"k")]
    assert len(queue._heap) < 1000
