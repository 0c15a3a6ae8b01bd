"""The Table API and SQL are not in this version. The module exists to raise an error that says so."""

from __future__ import annotations

from typing import NoReturn


def __getattr__(name: str) -> NoReturn:
    if name.startswith("__"):
        raise AttributeError(name)
    raise ImportError(
        f"shardline.table.{name} is not in this version of Shardline: the Table API and SQL are not supported, "
        "use the DataStream API (shardline.datastream)",
        name=__name__,
    )
