"""`print`: writes each value to `sys.stdout` of the driver."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from shardline._functions import printing
from shardline._functions.conversion import converter
from shardline._functions.operators.operator import Operator, OperatorSetup, Values, apply


class Print(Operator):
    """The function of the setup is the identifier of the sink, or None; its type is that of the values printed."""

    ends_chain = True

    def __init__(self, setup: OperatorSetup) -> None:
        parallelism = setup.context.get_number_of_parallel_subtasks()
        subtask = setup.context.get_index_of_this_subtask()
        self._prefix = printing.prefix(setup.function, parallelism, subtask)
        text = printing.formatter(setup.type_info)
        convert = converter(setup.type_info)
        self._text: Callable[[Any], str] = text if convert is None else lambda value: text(convert(value))

    def process(self, values: list[Any], index: list[int] | None) -> Values:
        lines = apply(self._text, values)
        if lines:
            sys.stdout.write(self._prefix + f"\n{self._prefix}".join(lines) + "\n")
            sys.stdout.flush()
        return [], []
