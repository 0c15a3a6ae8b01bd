"""`sum`, `min`, `max`, `min_by` and `max_by` of keyed streams.

The expected values and errors are those of PyFlink 2.3.0 (in process mode, on Java 17), for the same values in the same
order.
"""

from __future__ import annotations

import pytest
from keyed_chains import bundle, chain, out

from shardline._functions.failures import FunctionFailure
from shardline.common import Row, Types

VALUES = [
    *[("a", 3, "x"), ("a", 1, "y"), ("b", 7, "p"), ("a", 1, "z"), ("a", 5, "v"), ("b", 9, "q"), ("a", 5, "w")],
    ("b", 2, "r"),
]
FIELDS = [Types.STRING(), Types.INT(), Types.STRING()]
#: The fields after the key, as PyFlink emits them.
EXPECTED = {
    "sum": ["3x", "4x", "7p", "5x", "10x", "16p", "15x", "18p"],
    "min": ["3x", "1x", "7p", "1x", "1x", "7p", "1x", "2p"],
    "max": ["3x", "3x", "7p", "3x", "5x", "9p", "5x", "9p"],
    "min_by": ["3x", "1y", "7p", "1y", "1y", "7p", "1y", "2r"],
    "max_by": ["3x", "3x", "7p", "3x", "5v", "9q", "5v", "9q"],
}
AGGREGATES = pytest.mark.parametrize("aggregate", list(EXPECTED))


def aggregated(aggregate, position, values, type_info=None, key=lambda value: value[0], restored=()):
    return chain((aggregate, position, type_info or Types.PICKLED_BYTE_ARRAY()), restored=restored).process(
        bundle(*values, key=key)
    )


@AGGREGATES
@pytest.mark.parametrize("type_info", [None, Types.TUPLE(FIELDS)], ids=["pickled", "typed"])
def test_a_field_of_tuples_is_aggregated_as_in_pyflink(aggregate, type_info):
    emitted = out(aggregated(aggregate, 1, VALUES, type_info))
    assert {type(value) for value in emitted} == {tuple}
    assert [f"{number}{text}" for _, number, text in emitted] == EXPECTED[aggregate]
    assert [key for key, _, _ in emitted] == [key for key, _, _ in VALUES]


@AGGREGATES
@pytest.mark.parametrize(
    ("row", "type_info", "position"),
    [
        (Row, Types.ROW(FIELDS), 1),
        (Row("k", "n", "t"), Types.ROW_NAMED(["k", "n", "t"], FIELDS), "n"),
        (Row("k", "n", "t"), Types.ROW_NAMED(["k", "n", "t"], FIELDS), 1),
    ],
    ids=["position", "name", "position of a named field"],
)
def test_a_field_of_rows_is_aggregated_as_in_pyflink(aggregate, row, type_info, position):
    values = [row(*value) for value in VALUES]
    emitted = out(aggregated(aggregate, position, values, type_info))
    assert [f"{number}{text}" for _, number, text in emitted] == EXPECTED[aggregate]
    assert values == [row(*value) for value in VALUES]


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        ("sum", ["3", "31", "312", "3124"]),
        ("min", ["3", "1", "1", "1"]),
        ("max", ["3", "3", "3", "4"]),
        ("min_by", ["3", "1", "1", "1"]),
        ("max_by", ["3", "3", "3", "4"]),
    ],
)
def test_a_field_of_lists_is_aggregated_as_in_pyflink(aggregate, expected):
    emitted = out(aggregated(aggregate, 1, [["1", "3"], ["1", "1"], ["1", "2"], ["1", "4"]]))
    assert emitted == [["1", text] for text in expected]


@pytest.mark.parametrize(
    ("aggregate", "numbers", "texts"),
    [
        ("sum", [4, 6, 9, 16, 19, 12, 20], ["b1", "b1a1", "b1a1c1", "b2", "a0"]),
        ("min", [4, 2, 9, 7, 3, 2, 1], ["b1", "a1", "a1", "b2", "a0"]),
        ("max", [4, 4, 9, 9, 9, 6, 9], ["b1", "b1", "c1", "b2", "a0"]),
        ("min_by", [4, 2, 9, 7, 3, 2, 1], ["b1", "a1", "a1", "b2", "a0"]),
        ("max_by", [4, 4, 9, 9, 9, 6, 9], ["b1", "b1", "c1", "b2", "a0"]),
    ],
)
def test_values_without_fields_are_aggregated_as_in_pyflink(aggregate, numbers, texts):
    assert out(aggregated(aggregate, 0, [4, 2, 9, 7, 3, 6, 1], Types.INT(), key=lambda value: value % 2)) == numbers
    assert out(aggregated(aggregate, 0, ["b1", "a1", "c1", "b2", "a0"], key=lambda value: value[1])) == texts


@pytest.mark.parametrize("aggregate", ["sum", "min", "max"])
def test_values_without_fields_have_position_0_only(aggregate):
    with pytest.raises(FunctionFailure) as raised:
        aggregated(aggregate, 1, [4, 2, 9], Types.INT(), key=lambda value: value % 2)
    assert isinstance(raised.value.cause, TypeError)
    assert str(raised.value.cause) == (
        "The 1 field selected on a basic type. A field expression on a basic type can only select the 0th field (which "
        "means selecting the entire basic type)."
    )
    assert raised.value.index == 1


@pytest.mark.parametrize("aggregate", ["min_by", "max_by"])
def test_the_position_does_not_matter_where_whole_values_without_fields_are_selected(aggregate):
    expected = {"min_by": [4, 2, 9, 7, 3, 2, 1], "max_by": [4, 4, 9, 9, 9, 6, 9]}[aggregate]
    assert out(aggregated(aggregate, 1, [4, 2, 9, 7, 3, 6, 1], Types.INT(), key=lambda value: value % 2)) == expected


@AGGREGATES
@pytest.mark.parametrize(
    ("values", "position", "error"),
    [
        (VALUES, "n", TypeError("tuple indices must be integers or slices, not str")),
        (VALUES, 9, IndexError("tuple index out of range")),
        ([Row(k="a", n=1), Row(k="a", n=2)], "nope", ValueError),
        ([{"n": 1}, {"n": 2}], 0, TypeError),
    ],
)
def test_a_field_that_is_not_there_fails_as_in_pyflink(aggregate, values, position, error):
    with pytest.raises(FunctionFailure) as raised:
        aggregated(aggregate, position, values, key=lambda value: 0)
    if isinstance(error, Exception):
        assert (type(raised.value.cause), str(raised.value.cause)) == (type(error), str(error))
    else:
        assert type(raised.value.cause) is error
    assert raised.value.index == 1


@AGGREGATES
def test_an_aggregate_comes_back_from_a_snapshot(aggregate):
    before = chain((aggregate, 1, Types.TUPLE(FIELDS)))
    before.process(bundle(*VALUES[:4]))
    after = chain((aggregate, 1, Types.TUPLE(FIELDS)), restored=before.snapshot())
    emitted = out(after.process(bundle(*VALUES[4:])))
    assert [f"{number}{text}" for _, number, text in emitted] == EXPECTED[aggregate][4:]
