"""Values in error messages."""

from __future__ import annotations

import pytest

from shardline._functions.shown import shown
from shardline._operator_pickle import dump


def test_values_are_shown_on_one_line_and_bounded():
    assert shown({"flight": "AA 1", "text": "a\nb"}) == "{'flight': 'AA 1', 'text': 'a\\nb'}"
    assert shown("x" * 1000) == "'" + "x" * 119 + "... (1002 characters)"


@pytest.mark.parametrize(
    "value",
    [
        '{"user":"a","password":"hunter2","n":1}',
        {"token": "hunter2", "n": 1},
        {"api_key": "hunter2"},
        "secret=hunter2&n=1",
        "Authorization: hunter2",
        "postgres://me:hunter2@db/x",
        {"aws": "AKIAHUNTER2HUNTER2XX", "secretAccessKey": "hunter2"},
    ],
)
def test_what_looks_like_a_secret_is_not_shown(value):
    assert "hunter2" not in shown(value).lower()
    assert "***" in shown(value)


def test_a_value_whose_repr_fails_is_named_by_its_type():
    class Broken:
        def __repr__(self):
            raise ValueError("no")

    assert shown(Broken()) == "a Broken whose repr() fails: ValueError"


def test_a_function_that_cannot_be_pickled_is_named_with_what_it_refers_to():
    generator = (i for i in [])

    def work(value):
        return generator, value

    with pytest.raises(TypeError) as raised:
        dump(work, None)
    assert str(raised.value).startswith("function 'test_a_function_that_cannot_be_pickled_")
    assert "test_shown.py, line" in str(raised.value)
    assert "cannot be pickled because of the variable 'generator': cannot pickle 'generator' object" in str(
        raised.value
    )

    class Worker:
        def __init__(self):
            self.fine, self.source = 1, generator

    with pytest.raises(
        TypeError, match=r"an object of class .*Worker' cannot be pickled because of its attribute 'source'"
    ):
        dump(Worker(), None)
