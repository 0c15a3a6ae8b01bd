"""How Python finds, starts and talks to the engine. In reading order:

engine       find Node and the engine's file
transport    start the process, keep both channels, end it
rpc          control: JSON-RPC peer
errors       error objects to exceptions
functions    the runner: user functions on the function channel
session      the one engine of this process: early start, handshake, shutdown
checkpoints  what a job goes on from when its engine died
termination  SIGTERM
jobs         a submitted job: supervision, resubmission, interruption

The contracts are `bindings/stdio/README.md` and `bindings/functions/README.md` of the source tree.
"""
