"""`collect`: puts each value into the collector from which `execute_and_collect()` reads."""

from __future__ import annotations

from typing import Any

from shardline._functions.collecting import collector
from shardline._functions.conversion import converter
from shardline._functions.operators.operator import Operator, OperatorSetup, Values, apply


class Collect(Operator):
    """The function of the setup is the id of the collector; its type is that of the values collected."""

    ends_chain = True

    def __init__(self, setup: OperatorSetup) -> None:
        self._collector_id = setup.function
        self._convert = converter(setup.type_info)

    def process(self, values: list[Any], index: list[int] | None) -> Values:
        target = collector(self._collector_id)
        if target is not None:
            target.put(values if self._convert is None else apply(self._convert, values))
        return [], []
