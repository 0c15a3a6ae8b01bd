"""Wrong options fail at the line of the script, with the engine's message. Unknown options cause one warning each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import pytest

from shardline import _options
from shardline.common import Configuration, SimpleStringSchema, Types
from shardline.datastream import StreamExecutionEnvironment
from shardline.datastream.connectors.kinesis import KinesisStreamsSink, KinesisStreamsSource
from shardline.errors import ConfigurationError

CHECKOUT = Path(__file__).resolve().parents[2]
COMPILED = CHECKOUT / "dist" / "core" / "foundation" / "config"


def set_source(**options):
    KinesisStreamsSource.builder().set_source_config(Configuration.from_dict(options["options"]))


def set_sink(**options):
    KinesisStreamsSink.builder().set_kinesis_client_properties(options["options"])


def execute(**options):
    env = StreamExecutionEnvironment(Configuration.from_dict(options["options"]))
    env.from_collection(["a"], Types.STRING()).print()
    env.execute()


@pytest.mark.parametrize(
    ("call", "key", "value", "expected"),
    [
        (set_source, "source.init.position", "START", "one of LATEST, TRIM_HORIZON, AT_TIMESTAMP"),
        (set_source, "source.shard.get-records.max-record-count", "10001", "a whole number from 1 to 10000"),
        (set_source, "source.shard.discovery.interval", "soon", "a duration such as '500 ms', '10 s' or '5 min'"),
        (set_source, "aws.trust.all.certificates", "maybe", "'true' or 'false'"),
        (set_sink, "aws.credentials.provider", "MAGIC", "one of AUTO, BASIC, ENV_VAR, PROFILE"),
        (set_sink, "aws.http-client.max-concurrency", "0", "a whole number from 1 to"),
        (execute, "execution.checkpointing.interval", "-5", "a duration"),
        (execute, "restart-strategy.exponential-delay.backoff-multiplier", "fast", "a number"),
        (execute, "parallelism.default", "40000", "a whole number from 1 to 32768"),
        (execute, "python.execution-mode", "fibre", "one of thread, process"),
        (execute, "shardline.source.max-concurrent-reads", "1.5", "a whole number from 1 to"),
    ],
)
def test_a_wrong_value_fails_at_the_call_without_an_engine(monkeypatch, call, key, value, expected):
    monkeypatch.setenv("SHARDLINE_NODE", "/nowhere/node")
    with pytest.raises(ConfigurationError) as raised:
        call(options={key: value})
    assert str(raised.value).startswith(f"{key}: '{value}' is not {expected}")
    assert raised.value.code == "CONFIGURATION_INVALID"
    assert raised.value.details == {"key": key}


def test_an_older_name_of_a_key_is_read_and_not_warned_about():
    with pytest.raises(ConfigurationError, match=r"^execution\.checkpointing\.num-retained: '0' is not"):
        execute(options={"state.checkpoints.num-retained": "0"})


def test_a_value_that_fails_leaves_the_builder_as_it_was():
    builder = KinesisStreamsSource.builder().set_stream_arn("arn:aws:kinesis:us-east-1:000000000000:stream/input")
    with pytest.raises(ConfigurationError):
        builder.set_source_config(Configuration.from_dict({"source.reader.type": "PSYCHIC"}))
    built = builder.set_deserialization_schema(SimpleStringSchema()).build()
    assert built._spec()["configuration"] == {}


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("source.init.postion", "source.init.position"),
        ("aws.regoin", "aws.region"),
        ("execution.checkpointing.intervall", "execution.checkpointing.interval"),
        ("something.else.entirely.of.mine", None),
    ],
)
def test_an_unknown_key_is_warned_about_with_the_nearest_one(key, nearest):
    hint = f" Did you mean '{nearest}'?" if nearest else ""
    with pytest.warns(UserWarning, match="is not known") as warned:
        set_source(options={key: "x"})
    assert [str(w.message) for w in warned] == [f"Configuration key '{key}' is not known and changes nothing.{hint}"]
    assert warned[0].filename == __file__


def test_an_unknown_key_is_warned_about_once():
    with pytest.warns(UserWarning, match="Did you mean 'aws.region'"):
        set_source(options={"aws.regoin": "x"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        set_source(options={"aws.regoin": "x"})
        set_sink(options={"aws.regoin": "x"})


@pytest.mark.parametrize(
    "key", ["pipeline.jars", "taskmanager.memory.process.size", "state.backend.type", "python.requirements"]
)
def test_keys_for_clusters_cause_no_warning(key):
    assert list(_options.unknown([key])) == []


def test_a_script_sees_the_warning_at_its_own_line_and_only_there(fake_engine, tmp_path):
    path = tmp_path / "job.py"
    path.write_text(
        textwrap.dedent(
            """
            from pyflink.common import Configuration, Types
            from pyflink.datastream import StreamExecutionEnvironment
            env = StreamExecutionEnvironment.get_execution_environment()
            env.configure(Configuration.from_dict({"pipeline.nmae": "x"}))
            env.from_collection(["a"], Types.STRING()).print()
            env.execute()
            """
        )
    )
    done = subprocess.run(
        [sys.executable, "-m", "shardline", "run", str(path)], capture_output=True, text=True, check=False, timeout=40
    )
    assert (done.returncode, done.stdout) == (0, "a\n")
    assert done.stderr.count("pipeline.nmae") == 1
    assert f"{path}:7: UserWarning: Configuration key 'pipeline.nmae' is not known" in done.stderr
    assert "Did you mean 'pipeline.name'?" in done.stderr


def test_the_table_is_found_in_the_package_and_in_a_checkout_without_a_build(monkeypatch, tmp_path):
    read = _options._document.__wrapped__
    package = tmp_path / "python" / "src" / "shardline"
    package.mkdir(parents=True)
    (tmp_path / "schemas").mkdir()
    monkeypatch.setattr(_options, "_PACKAGE", package)
    (tmp_path / "schemas" / "options.json").write_text('{"silentPrefixes": ["b."], "options": []}')
    assert read()["silentPrefixes"] == ["b."]
    (package / "_options.json").write_text('{"silentPrefixes": ["a."], "options": []}')
    assert read()["silentPrefixes"] == ["a."]


TEXTS = [
    "", " ", "0", "1", " 7 ", "-1", "+5", "1.0", "1.5", ".5", "5.", "1e3", "1E3", "0x10", "0b11", "0o17", "1_000", "１",
    "NaN", "Infinity", "-Infinity", "1e400", "10000", "10001", "32768", "32769", "2147483648", "256", "257",
    "true", "TRUE", " False ", "yes", "1 s", "1s", "10  MIN", "500 ms", "1.5 s", "1 fortnight", "-1 s", "5 µs", "1 d",
    "PT1M", "P1DT2H", "pt0.5s", "P", "PT", "P1", "T1S", "1 kb", "64 MB", "2 gibibytes", "3 parsecs", "7 t",
    "LATEST", "latest", "trim-horizon", "Trim_Horizon ", "AT TIMESTAMP", "efo", "basic", "env-var", "HTTP1-1",
    "none", "fixed_delay", "exponential-delay", "thread", "process", "EXACTLY-ONCE", "streaming",
]  # fmt: skip

KEYS = [
    "pipeline.nmae", "aws.regoin", "source.init", "source.init.position.x", "python.fn-execution.bundle.sise",
    "python.client.executable", "x", "", "execution.checkpointing.unaligned", "restart-strategy.typ",
    "shardline.source.stopat", "taskmanager.numberOfTaskSlots", "a.very.long.key.that.is.like.nothing.at.all",
]  # fmt: skip

ENGINE_SAYS = """
import { Configuration } from './configuration.js'
import { optionGroups, unknownKeys } from './known-keys.js'
const [texts, keys] = JSON.parse(process.env.QUESTION)
const values = {}
for (const option of optionGroups.flatMap(g => g.options))
  for (const text of texts) {
    try {
      new Configuration({ [option.key]: text }).find(option)
    } catch (error) {
      values[option.key + '=' + text] = error.message
    }
  }
console.log(JSON.stringify([values, keys.map(key => unknownKeys([key]).map(u => u.nearest))]))
"""


@pytest.mark.skipif(not COMPILED.is_dir(), reason="the engine is not compiled: npm run build")
def test_python_and_the_engine_take_the_same_values_and_name_the_same_keys():
    done = subprocess.run(
        ["node", "--input-type=module", "-e", ENGINE_SAYS.replace("'./", f"'{COMPILED.as_uri()}/")],
        env={**os.environ, "QUESTION": json.dumps([TEXTS, KEYS])},
        capture_output=True,
        text=True,
        check=True,
    )
    of_engine, nearest = json.loads(done.stdout)
    ours = {}
    for option in _options.table().options:
        for text in TEXTS:
            try:
                _options.check({option["key"]: text}, option["group"])
            except ConfigurationError as error:
                ours[f"{option['key']}={text}"] = str(error)
    assert ours == of_engine
    for key, (*found,) in zip(KEYS, nearest, strict=True):
        said = [message.partition("Did you mean '")[2].rstrip("'?") or None for message in _options.unknown([key])]
        assert said == found, key


def test_a_wrong_value_is_shown_without_the_password_in_it():
    shown = {}
    for option in _options.table().options:
        try:
            _options.check({option["key"]: "htp://me:pA55w0rd@host/?token=pA55w0rd"}, option["group"])
        except ConfigurationError as error:
            shown[option["key"]] = str(error)
    assert len(shown) > 40
    for key, message in shown.items():
        assert message.startswith(f"{key}: 'htp://***@host/?token=***' is not")
