"""The interfaces between a program's functions and the runtime that calls them. Each class is public in a module of
`shardline.datastream`, which names PyFlink's module of the same path.

states           what a state can do
runtime_context  functions, the context that `open()` gets, and the descriptors of states
timers           time domains and the timer service
functions        the functions of operators
"""
