"""The operators of chains: one file for each, and `registry` lists them by name.

operator   the interface of every operator
keyed      the interface of operators with state and timers by key
registry   the list, and how the wire names an operator
"""
