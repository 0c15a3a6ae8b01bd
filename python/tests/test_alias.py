"""`pyflink` as another name of the same modules. The tests run in processes of their own, because the alias cannot be
uninstalled."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(code):
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


PROLOGUE = "import sys, pickle, importlib\nfrom shardline import _alias\n_alias.install()\n_alias.install()\n"


def test_both_names_are_the_same_module_objects():
    run(
        PROLOGUE
        + """
import pyflink.datastream.connectors.kinesis
import pyflink, shardline
import shardline.datastream.connectors.kinesis
from pyflink.common import Row
import shardline.common.types, pyflink.common.types

assert pyflink is shardline
assert pyflink.datastream is shardline.datastream
assert pyflink.datastream.connectors.kinesis is shardline.datastream.connectors.kinesis
assert sys.modules["pyflink.common"] is sys.modules["shardline.common"]
assert Row is shardline.common.types.Row
assert importlib.import_module("pyflink.version") is importlib.import_module("shardline.version")
assert pyflink.__name__ == "shardline" and pyflink.__spec__.name == "shardline"
assert pyflink.common.__spec__.name == "shardline.common"
assert pyflink.__file__.endswith("shardline/__init__.py") and pyflink.__version__
assert pyflink.version.__version__ == pyflink.__version__
"""
    )


@pytest.mark.parametrize("first", ["pyflink", "shardline"])
def test_it_does_not_matter_which_name_is_imported_first(first):
    second = {"pyflink": "shardline", "shardline": "pyflink"}[first]
    run(
        PROLOGUE
        + f"""
from {first}.datastream import MapFunction as A
from {second}.datastream import MapFunction as B
assert A is B
"""
    )


def test_pickles_name_shardline_and_need_no_alias():
    out = run(
        PROLOGUE
        + """
import cloudpickle
import pyflink.common
from pyflink.common import Row, Types
from pyflink.datastream import MapFunction

class Mine(MapFunction):
    def map(self, value):
        return pyflink.common.Row(value)

print((pickle.dumps([Row(1), Types.STRING()])).hex(), cloudpickle.dumps(Mine()).hex())
"""
    )
    data, function = out.split()
    assert b"pyflink" not in bytes.fromhex(data)
    run(
        f"""
import pickle, sys
assert pickle.loads(bytes.fromhex({data!r}))[0][0] == 1
assert pickle.loads(bytes.fromhex({function!r})).map(5)[0] == 5
assert "pyflink" not in sys.modules
"""
    )


def test_a_module_that_does_not_exist_has_the_name_that_was_asked_for():
    run(
        PROLOGUE
        + """
try:
    import pyflink.nonsense
except ModuleNotFoundError as error:
    assert str(error) == "No module named 'pyflink.nonsense'", error
else:
    raise SystemExit("imported")
"""
    )


def test_a_module_that_is_not_there_yet_says_what_it_waits_for():
    run(
        PROLOGUE
        + """
try:
    from pyflink.datastream.window import TumblingEventTimeWindows
except ModuleNotFoundError as error:
    assert "window is not in this version of Shardline (windows)" in str(error), error
else:
    raise SystemExit("imported")
"""
    )


def test_importing_shardline_alone_installs_no_alias():
    run(
        """
import importlib.util, sys
import shardline.datastream
assert not any(name.partition(".")[0] == "pyflink" for name in sys.modules)
assert not any("Alias" in type(finder).__name__ for finder in sys.meta_path)
"""
    )


def test_importing_the_package_is_light():
    out = run("import sys, shardline; print(sorted(m for m in sys.modules if m.startswith('shardline')))")
    assert out.strip() == "['shardline', 'shardline._absent', 'shardline._overrides', 'shardline.version']"
