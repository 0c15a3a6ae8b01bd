"""The runtime of user functions, in the driver and in hosts. In reading order:

frames          the frames of the function channel, byte by byte
payloads        values to payload bytes and back
values          plain values, which the engine's schemas read and write
conversion      conversion of values to their declared type
chain           one fused chain: open, process a bundle, fire timers, close
operators       the operators of chains
bundle_columns  the columns of the bundle in progress: timestamps, keys, indices
keyed_state     state and timers by key, and their snapshots
printing        the text that `print()` writes
collecting      the queue from which `execute_and_collect()` reads
"""
