"""The options of the engine, from `schemas/options.json`, which is generated from the engine's own tables.

A wrong value fails at the line of the script that sets it, with the engine's message, before an engine is started.
Values are parsed by the rules of `core/foundation/config` in the source tree: where JavaScript and Python differ, the
rules are those of JavaScript.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from shardline._compatibility import warn_once
from shardline.errors import ConfigurationError

AWS = "AWS access"
JOB = "Job"
KINESIS_SOURCE = "Kinesis source"
SINKS = "Sinks"

_PACKAGE = Path(__file__).resolve().parent
_TYPO = 3

_DURATION = re.compile(r"P(?:[0-9]+D)?(?:T(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?)?", re.IGNORECASE)
_QUANTITY = re.compile(r"[0-9]+\s*([a-zµ]*)", re.IGNORECASE)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?", re.IGNORECASE)
_OTHER_BASE = re.compile(r"0(?:x[0-9a-f]+|o[0-7]+|b[01]+)", re.IGNORECASE)
_USER_INFO = re.compile(r"^(\s*(?:[a-z][a-z\d+.-]*:)?/+|)[\s\S]*@", re.IGNORECASE)
_QUERY = re.compile(r"([?&][^=&#\s]+=)[^&#\s]+")
_MEMORY_UNITS = {
    *("", "b", "bytes", "k", "kb", "kibibytes", "m", "mb", "mebibytes", "g", "gb", "gibibytes", "t", "tb", "tebibytes"),
}


#: Milliseconds of each unit of durations.
_DURATION_UNITS = {
    "": 1.0,
    "ns": 1e-6, "nano": 1e-6, "nanosecond": 1e-6, "nanos": 1e-6, "nanoseconds": 1e-6,
    "us": 1e-3, "µs": 1e-3, "micro": 1e-3, "micros": 1e-3, "microsecond": 1e-3, "microseconds": 1e-3,
    "ms": 1.0, "milli": 1.0, "millis": 1.0, "millisecond": 1.0, "milliseconds": 1.0,
    "s": 1e3, "sec": 1e3, "secs": 1e3, "second": 1e3, "seconds": 1e3,
    "m": 6e4, "min": 6e4, "minute": 6e4, "minutes": 6e4,
    "h": 3.6e6, "hour": 3.6e6, "hours": 3.6e6,
    "d": 8.64e7, "day": 8.64e7, "days": 8.64e7,
}  # fmt: skip


class Table(NamedTuple):
    options: list[dict[str, Any]]
    #: Every key that is read, including older names.
    keys: frozenset[str]
    #: Prefixes of keys of Flink that have no effect here and cause no warning.
    silent_prefixes: tuple[str, ...]


@functools.cache
def _document() -> dict[str, Any]:
    beside = _PACKAGE / "_options.json"
    file = beside if beside.is_file() else _PACKAGE.parents[2] / "schemas" / "options.json"  # a checkout
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document


def _keys(options: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(key for option in options for key in (option["key"], *option["aliases"]))


@functools.cache
def table() -> Table:
    document = _document()
    return Table(document["options"], _keys(document["options"]), tuple(document["silentPrefixes"]))


def sink_contract(sink: str) -> dict[str, dict[str, Any]]:
    """Returns the `defaults` of the builder of a sink and the limits of its `service`, by the type of the sink."""
    contract: dict[str, dict[str, Any]] = _document()["sinks"][sink]
    return contract


@functools.cache
def _by_key() -> dict[str, dict[str, Any]]:
    return {option["key"]: option for option in table().options}


def option(key: str) -> Mapping[str, Any]:
    """Returns the option with this key. Raises KeyError if the engine has no such option."""
    return _by_key()[key]


def milliseconds(text: str) -> int | None:
    """Returns a duration such as `10 s` in milliseconds, or None if `text` is no number with a unit."""
    digits = len(text) - len(text.lstrip("0123456789"))
    unit = _DURATION_UNITS.get(text[digits:].strip().lower())
    return int(int(text[:digits]) * unit) if digits and unit is not None else None


@functools.cache
def glue_table() -> Table:
    """The options of schemas of the Glue Schema Registry: their own, and those of AWS access."""
    options = _document()["glue"] + [option for option in table().options if option["group"] == AWS]
    return Table(options, _keys(options), ())


def check(values: Mapping[str, str], *groups: str) -> None:
    """Raises `ConfigurationError` for the first value that the engine would refuse. Warns about unknown keys."""
    _check(values, [option for option in table().options if option["group"] in groups])
    for message in unknown(values):
        warn_once(message, UserWarning)


def check_glue(configs: Mapping[str, Any]) -> None:
    """`check` for the configuration of a schema of the Glue Schema Registry, whose values are not only text."""
    _check({key: _text(value) for key, value in configs.items()}, glue_table().options)
    for message in unknown(configs, glue_table()):
        warn_once(message, UserWarning)


def _check(values: Mapping[str, str], options: Iterable[Mapping[str, Any]]) -> None:
    for option in options:
        text = next((values[key] for key in (option["key"], *option["aliases"]) if key in values), None)
        expected = None if text is None else _mismatch(option, text)
        if text is not None and expected is not None:
            raise ConfigurationError(
                f"{option['key']}: '{masked_url(text)}' is not {expected}.",
                code="CONFIGURATION_INVALID",
                details={"key": option["key"]},
            )


def masked_url(text: str) -> str:
    """Returns the text without the user, the password and the values of the query of a URL, even of a mistyped one.
    `core/foundation/config/mask` in the source tree does the same."""
    return _QUERY.sub(r"\1***", _USER_INFO.sub(r"\1***@", text, count=1))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def unknown(keys: Iterable[str], known: Table | None = None) -> Iterator[str]:
    """Yields a message for each key that is not an option. The engine has the same messages."""
    known = table() if known is None else known
    for key in keys:
        if outermost(key) in known.keys:
            continue
        silent = key.startswith(known.silent_prefixes)
        nearest = _nearest(key, known, _TYPO if silent else max(_TYPO, math.ceil(len(key) * 0.45)))
        if nearest is not None or not silent:
            hint = "" if nearest is None else f" Did you mean '{nearest}'?"
            yield f"Configuration key '{key}' is not known and changes nothing.{hint}"


def outermost(key: str) -> str:
    """Returns the key of the outermost provider. The provider of a role has the keys of any provider, to any depth:
    `aws.credentials.provider.role.provider...`."""
    nested = "aws.credentials.provider.role.provider."
    while key.startswith(nested):
        key = "aws.credentials.provider." + key.removeprefix(nested)
    return key


def _nearest(key: str, known: Table, below: int) -> str | None:
    best = None
    for option in known.options:
        for candidate in (option["key"], *option["aliases"]):
            distance = _distance(key.lower(), candidate.lower())
            if distance < below:
                best, below = candidate, distance
    return best


def _distance(a: str, b: str) -> int:
    """Returns the Levenshtein distance."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        following = [i]
        for j, y in enumerate(b, 1):
            following.append(min(row[j] + 1, following[j - 1] + 1, row[j - 1] + (x != y)))
        row = following
    return row[-1]


def _mismatch(option: Mapping[str, Any], text: str) -> str | None:
    """Returns a description of what the value should be, or None if the value is correct."""
    kind = option["type"]
    stripped = text.strip()
    if kind == "int":
        number = _number(stripped)
        low, high = option["min"], option["max"]
        if number is None or not float(number).is_integer() or not low <= number <= high:
            return f"a whole number from {low} to {high}"
    elif kind == "double":
        if _number(stripped) is None:
            return "a number"
    elif kind == "boolean":
        if stripped.lower() not in ("true", "false"):
            return "'true' or 'false'"
    elif kind == "duration":
        if not (len(stripped) > 1 and _DURATION.fullmatch(stripped)) and not _quantity(stripped, _DURATION_UNITS):
            return "a duration such as '500 ms', '10 s' or '5 min'"
    elif kind == "memory":
        if not _quantity(stripped, _MEMORY_UNITS):
            return "a size such as '64 kb', '16 mb' or '1 gb'"
    elif kind == "enum" and _folded(text) not in map(_folded, option["values"]):
        return f"one of {', '.join(option['values'])}"
    return None


def _number(text: str) -> float | int | None:
    """Returns the number that JavaScript's `Number` returns, or None for text that is no finite number. `1e3` and
    `0x10` are whole numbers."""
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    number = float(text) if _DECIMAL.fullmatch(text) else math.nan
    return number if math.isfinite(number) else None


def _quantity(text: str, units: Container[str]) -> bool:
    match = _QUANTITY.fullmatch(text)
    return match is not None and match[1].lower() in units


def _folded(text: str) -> str:
    return text.strip().replace("-", "_").lower()
