"""How Python finds, starts and calls the engine. In reading order:

engine       finds Node and the file of the engine
transport    starts the process, holds both channels, ends the process
rpc          the control channel: a JSON-RPC peer
errors       error objects of the engine as exceptions
requests     requests of the engine to the driver
functions    the runner: user functions on the function channel
session      the one engine of this process: early start, handshake, shutdown
checkpoints  the checkpoint from which a job continues after its engine died
termination  SIGTERM
jobs         a submitted job: supervision, resubmission, interruption

The contracts are `bindings/stdio/README.md` and `bindings/functions/README.md` of the source tree.
"""
