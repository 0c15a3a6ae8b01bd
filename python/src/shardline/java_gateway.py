"""There is no JVM. The module exists because scripts import it."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["get_gateway"]


def get_gateway() -> NoReturn:
    raise NotImplementedError(
        "get_gateway() reaches into Flink's JVM, and Shardline has none: use the Python classes in "
        "shardline.datastream, or run this script on Flink"
    )
