"""Values that the program sees: `print()` and `execute_and_collect()`."""

from __future__ import annotations

import time

import pytest
from jobs import STRING, read

from shardline.common import (
    Configuration,
    Row,
    Types,
)
from shardline.datastream import StreamExecutionEnvironment
from shardline.errors import (
    JobCancellationException,
    JobExecutionException,
)


@pytest.fixture
def env(fake_engine):
    return fake_engine.configure(StreamExecutionEnvironment.get_execution_environment())


def test_print_writes_to_the_scripts_stdout(env, capsys):
    env.set_parallelism(2)
    env.from_collection([("a", 1)], Types.TUPLE([STRING, Types.INT()])).print("id")
    env.from_collection([{"a": None}]).map(lambda d: d).set_parallelism(1).print().set_parallelism(1)
    env.from_collection([Row(1, None)], Types.ROW([Types.INT(), STRING])).print()
    env.execute()
    assert capsys.readouterr().out.splitlines() == ["id:1> (a,1)", "{'a': None}", "1> +I[1,None]"]


def test_print_happens_in_the_driver_also_in_process_mode(env, capsys):
    env.configure(Configuration.from_dict({"python.execution-mode": "process"}))
    env.set_parallelism(1)
    env.from_collection([1, 2]).map(lambda n: n * 2).print()
    env.execute()
    assert capsys.readouterr().out == "2\n4\n"


def test_collected_values_can_be_iterated(env):
    with env.from_collection([1, 2, 3]).map(lambda n: n * 2).execute_and_collect("job") as values:
        assert next(values) == 2
        assert values.next() == 4
        assert list(values) == [6]
        assert list(values) == []


def test_collect_with_a_limit_is_a_list_and_ends_an_endless_job(fake_engine, env):
    fake_engine.configure(env, records=["a", "b"], endless="true")
    assert read(env).execute_and_collect(limit=5) == ["a", "b", "a", "b", "a"]


def test_collect_of_fewer_values_than_the_limit_gives_what_there_is(env):
    assert env.from_collection([1, 2]).execute_and_collect(limit=5) == [1, 2]


def test_closing_the_iterator_early_cancels_the_job(fake_engine, env):
    fake_engine.configure(env, records=["a"], endless="true")
    values = read(env).execute_and_collect()
    assert next(values) == "a"
    values.close()
    values.close()
    assert isinstance(values._job.outcome.exception(), JobCancellationException)


def test_a_reader_that_takes_no_value_holds_the_source_back(fake_engine, env, monkeypatch):
    from shardline._functions import collecting

    monkeypatch.setattr(collecting, "MAX_VALUES", 10)
    fake_engine.configure(env, records=["a"], endless="true")
    with read(env).execute_and_collect() as values:
        next(values)
        time.sleep(0.3)
        assert len(values._collector._values) == 10


def test_values_before_a_failure_can_be_taken_and_then_it_is_raised(env):
    values = env.from_collection([1, 0]).map(lambda n: 1 / n).execute_and_collect()
    with pytest.raises(JobExecutionException, match="ZeroDivisionError"):
        list(values)
    assert list(values) == []


def test_collect_of_objects_of_the_scripts_own_classes_in_process_mode(env):
    class Flight:
        def __init__(self, origin):
            self.origin = origin

    env.configure(Configuration.from_dict({"python.execution-mode": "process"}))
    flights = env.from_collection(["SFO"]).map(Flight).execute_and_collect(limit=1)
    assert flights[0].origin == "SFO"
    assert isinstance(flights[0], Flight)
