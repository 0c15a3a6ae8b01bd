"""`process` of a keyed stream: a function with state and timers for each key."""

from __future__ import annotations

from shardline._functions.operators.keyed import KeyedOperator
from shardline._functions.operators.operator import OperatorSetup


class KeyedProcess(KeyedOperator):
    def __init__(self, setup: OperatorSetup) -> None:
        super().__init__(setup, setup.function.process_element, setup.function.on_timer)
