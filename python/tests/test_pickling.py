"""Pickled functions."""

from __future__ import annotations

import pickle
import traceback

import pytest

from shardline import _pickling


@pytest.mark.parametrize("placeholder", [True, False])
def test_a_pickled_function_keeps_the_name_of_its_file(placeholder, monkeypatch):
    """Some releases of cloudpickle write the name, and some a placeholder."""
    reduce_code = _pickling._reduce_code

    def reduced(code):
        constructor, arguments, *rest = reduce_code(code)
        names = {code.co_filename, "<dynamic-code>"}
        wanted = "<dynamic-code>" if placeholder else code.co_filename
        return constructor, tuple(wanted if isinstance(a, str) and a in names else a for a in arguments), *rest

    monkeypatch.setattr(_pickling, "_reduce_code", reduced)

    def outer(value):
        return (lambda: {}[value])()

    copy = pickle.loads(_pickling.dumps(outer))
    with pytest.raises(KeyError) as raised:
        copy("x")
    frames = traceback.extract_tb(raised.value.__traceback__)
    assert [frame.filename for frame in frames[-2:]] == [__file__, __file__]
    assert frames[-1].line == "return (lambda: {}[value])()"
