"""Configuration: values by the keys of Flink's options."""

from __future__ import annotations

import base64
import builtins
from collections.abc import Callable
from typing import Any, TypeVar

from shardline.common.config_options import ConfigOption
from shardline.common.time import Duration

__all__ = ["Configuration"]

T = TypeVar("T")


class Configuration:
    """Options by key. Values are kept as strings. Getters convert them, and raise a `ValueError` that names the key if
    a value does not have the type of the getter."""

    def __init__(self, other: Configuration | None = None) -> None:
        self._values: dict[str, str] = dict(other._values) if other is not None else {}

    @classmethod
    def from_dict(cls, map: dict[str, str]) -> Configuration:
        configuration = cls()
        for key, value in map.items():
            configuration.set_string(key, value)
        return configuration

    def get_string(self, key: str, default_value: str) -> str:
        return self._values.get(key, default_value)

    def set_string(self, key: str, value: str) -> Configuration:
        if not isinstance(key, str):
            raise TypeError(f"a configuration key is a str, not {type(key).__name__}: {key!r}")
        if value is None:
            raise TypeError(f"the value of configuration key {key!r} is None: leave the key out, or give it a value")
        self._values[key] = _text(value)
        return self

    def set(self, option: ConfigOption[Any], value: Any) -> Configuration:
        """Sets an option by its constant, such as `KinesisSourceConfigOptions.READER_TYPE`. A duration may be a
        `Duration`. (Of Shardline: PyFlink sets options by key.)"""
        if not isinstance(option, ConfigOption):
            raise TypeError(f"set() takes an option such as KinesisSourceConfigOptions.READER_TYPE, not {option!r}")
        return self.set_string(option._key, f"{value._nanos // 1_000_000} ms" if isinstance(value, Duration) else value)

    @staticmethod
    def parse_list_value(value: str) -> list[str]:
        """Returns a list from `a;b`, or from the YAML forms `[a, b]` and lines of `- a`."""
        text = value.strip()
        if not text:
            return []
        if text.startswith("[") and text.endswith("]"):
            items = text[1:-1].split(",")
        elif text.startswith("- "):
            items = [line.strip()[1:] for line in text.splitlines()]
        else:
            items = text.split(";")
        return [item.strip().strip("'\"") for item in items if item.strip()]

    def get_integer(self, key: str, default_value: int) -> int:
        return self._parsed(key, default_value, int, "an integer")

    def set_integer(self, key: str, value: int) -> Configuration:
        return self.set_string(key, str(int(value)))

    def get_boolean(self, key: str, default_value: bool) -> bool:
        return self._parsed(key, default_value, _boolean, "true or false")

    def set_boolean(self, key: str, value: bool) -> Configuration:
        return self.set_string(key, "true" if value else "false")

    def get_float(self, key: str, default_value: float) -> float:
        return self._parsed(key, default_value, float, "a number")

    def set_float(self, key: str, value: float) -> Configuration:
        return self.set_string(key, str(float(value)))

    def get_bytearray(self, key: str, default_value: bytearray) -> bytearray:
        return self._parsed(key, default_value, lambda text: bytearray(base64.b64decode(text, validate=True)), "base64")

    def set_bytearray(self, key: str, value: bytearray) -> Configuration:
        return self.set_string(key, base64.b64encode(value).decode())

    def key_set(self) -> builtins.set[str]:
        return builtins.set(self._values)

    def add_all_to_dict(self, target_dict: dict[str, Any]) -> None:
        target_dict.update(self._values)

    def add_all(self, other: Configuration, prefix: str | None = None) -> Configuration:
        """Adds every option of `other`, with `prefix` before each key."""
        self._values.update({(prefix or "") + key: value for key, value in other._values.items()})
        return self

    def contains_key(self, key: str) -> bool:
        return key in self._values

    def to_dict(self) -> dict[str, str]:
        return dict(self._values)

    def remove_config(self, key: str) -> bool:
        """Returns True if the option was set."""
        return self._values.pop(key, None) is not None

    def __deepcopy__(self, memodict: dict[int, Any] | None = None) -> Configuration:
        return Configuration(self)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration) and self._values == other._values

    def __str__(self) -> str:
        return str(self._values)

    def _parsed(self, key: str, default: T, parse: Callable[[str], T], expected: str) -> T:
        text = self._values.get(key)
        if text is None:
            return default
        try:
            return parse(text)
        except ValueError:
            raise ValueError(f"the option {key!r} should be {expected}, and is {text!r}") from None


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ";".join(map(_text, value))
    return str(value)


def _boolean(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered not in ("true", "false"):
        raise ValueError(text)
    return lowered == "true"
