"""Descriptions of options: a key, a type, a default."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

__all__ = ["ConfigOption", "ConfigOptions"]

T = TypeVar("T")


class ConfigOption(Generic[T]):
    """The key and the default of an option. Made by `ConfigOptions.key(...)`."""

    def __init__(self, key: str, default_value: T | None) -> None:
        self._key = key
        self._default_value = default_value

    def __repr__(self) -> str:
        return f"ConfigOption(key={self._key!r}, default={self._default_value!r})"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ConfigOption)
            and self._key == other._key
            and bool(self._default_value == other._default_value)
        )

    def __hash__(self) -> int:
        return hash(self._key)


class ConfigOptions:
    """Makes options: `ConfigOptions.key("my.key").int_type().default_value(3)`."""

    def __init__(self, key: str) -> None:
        self._key = key

    @staticmethod
    def key(key: str) -> ConfigOptions.OptionBuilder:
        return ConfigOptions.OptionBuilder(key)

    class OptionBuilder:
        def __init__(self, key: str) -> None:
            self._key = key

        def boolean_type(self) -> ConfigOptions.TypedConfigOptionBuilder[bool]:
            return ConfigOptions.TypedConfigOptionBuilder(self._key)

        def int_type(self) -> ConfigOptions.TypedConfigOptionBuilder[int]:
            return ConfigOptions.TypedConfigOptionBuilder(self._key)

        def long_type(self) -> ConfigOptions.TypedConfigOptionBuilder[int]:
            return ConfigOptions.TypedConfigOptionBuilder(self._key)

        def float_type(self) -> ConfigOptions.TypedConfigOptionBuilder[float]:
            return ConfigOptions.TypedConfigOptionBuilder(self._key)

        def double_type(self) -> ConfigOptions.TypedConfigOptionBuilder[float]:
            return ConfigOptions.TypedConfigOptionBuilder(self._key)

        def string_type(self) -> ConfigOptions.TypedConfigOptionBuilder[str]:
            return ConfigOptions.TypedConfigOptionBuilder(self._key)

    class TypedConfigOptionBuilder(Generic[T]):
        def __init__(self, key: str) -> None:
            self._key = key

        def default_value(self, value: T) -> ConfigOption[T]:
            return ConfigOption(self._key, value)

        def no_default_value(self) -> ConfigOption[Any]:
            return ConfigOption(self._key, None)
