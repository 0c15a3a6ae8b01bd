"""Every test has a session of its own. Tests with `fake_engine` run jobs on the scripted engine."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from shardline import _compatibility, _overrides
from shardline._bridge import session
from shardline.datastream import StreamExecutionEnvironment

TESTS = Path(__file__).parent


@pytest.fixture(autouse=True)
def _fresh_session(monkeypatch):
    """No engine, no warning and no override of one test reaches another."""
    for name in list(os.environ):
        if name.startswith(("SHARDLINE_", "FAKE_")):
            monkeypatch.delenv(name)
    monkeypatch.setattr(_compatibility, "_said", set())
    _overrides.forget()
    yield
    session.close()
    session._session = None


@pytest.fixture
def env():
    """An environment whose job graphs are read and not run."""
    return StreamExecutionEnvironment()


@pytest.fixture
def fake_node(tmp_path):
    """A `node` that runs fake_engine.py."""

    def make(version="v20.12.0"):
        path = tmp_path / f"node-{version}"
        path.write_text(
            f'#!/bin/sh\n[ "$1" = --version ] && {{ echo {version}; exit; }}\n'
            f'shift\nexec {sys.executable} -S {TESTS / "fake_engine.py"} "$@"\n'
        )
        path.chmod(0o755)
        return str(path)

    return make


class FakeEngine:
    def __init__(self, output):
        self.output = output

    def written(self, sink=None):
        """Returns the values that reached sinks, in order."""
        if not self.output.exists():
            return []
        lines = [json.loads(line) for line in self.output.read_text().splitlines()]
        return [line["value"] for line in lines if sink is None or line["sink"] == sink]

    def configure(self, env, **options):
        env._configuration.set_string("env.fake.output", str(self.output))
        for key, value in options.items():
            text = value if isinstance(value, str) else json.dumps(value)
            env._configuration.set_string("env.fake." + key.replace("_", "-"), text)
        return env


@pytest.fixture
def fake_engine(fake_node, monkeypatch, tmp_path):
    engine = tmp_path / "shardline.mjs"
    engine.write_text("")
    monkeypatch.setenv("SHARDLINE_NODE", fake_node())
    monkeypatch.setenv("SHARDLINE_ENGINE", str(engine))
    return FakeEngine(tmp_path / "output.jsonl")
