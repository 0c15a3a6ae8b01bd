"""The columns of the bundle that a chain is processing: those that came with its values, and those that operators add.

The index of a value says from which value of the bundle it comes. An operator that assigns timestamps numbers the
values anew, because each value must keep its timestamp. `origin` then maps the new numbers to the bundle.
"""

from __future__ import annotations

from collections.abc import Sequence

from shardline._functions.payloads import NO_COLUMNS, Bundle, ResultColumns

NO_TIMESTAMP = float("-inf")


class BundleColumns:
    """A chain has one. `start` resets it for each bundle."""

    def __init__(self, *, assigns_timestamps: bool, keyed: bool) -> None:
        #: Whether an operator of the chain assigns timestamps.
        self._assigns_timestamps = assigns_timestamps
        self._keyed = keyed
        self.start(Bundle([]), from_timers=False)

    def start(self, bundle: Bundle, *, from_timers: bool) -> None:
        """Starts a bundle. With `from_timers`, timers have emitted the values, so the values come from no value of a
        bundle."""
        self._from_timers = from_timers
        self.timestamps: Sequence[float] | None = bundle.timestamps
        self.groups: Sequence[int] | None = bundle.groups
        self.keys: list[bytes] | None = bundle.keys
        #: The index in the bundle of each renumbered value, or None if the values were not renumbered.
        self.origin: list[int] | None = None
        #: The keys that a `key_by` operator gave the values.
        self.new_keys: list[bytes] | None = None
        self.max_timestamp = NO_TIMESTAMP
        #: The index in the bundle of each record that cannot be read, and the reason.
        self.poisoned: list[tuple[int, str]] = []

    def in_bundle(self, position: int, index: list[int] | None) -> int:
        """Returns the index in the bundle of the value at `position`."""
        at = position if index is None else index[position]
        return at if self.origin is None else self.origin[at]

    def of_result(self, index: list[int] | None, next_timer: int | None) -> ResultColumns:
        """Returns the columns of the RESULT frame."""
        assigns, from_timers = self._assigns_timestamps, self._from_timers
        plain = index is None and not from_timers and not self._keyed and not assigns
        if plain and self.new_keys is None and not self.poisoned:
            return NO_COLUMNS
        timestamps = self.timestamps if assigns or from_timers else None
        if timestamps is not None and index is not None:
            timestamps = [timestamps[i] for i in index]
        origin = index
        if self.origin is not None:
            origin = self.origin if index is None else [self.origin[i] for i in index]
        return ResultColumns(
            input_index=None if from_timers else origin,
            timestamps=timestamps,
            keys=self.new_keys,
            max_timestamp=self.max_timestamp if assigns else None,
            next_timer=next_timer,
            poisoned=self.poisoned,
        )
