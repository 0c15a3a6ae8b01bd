"""The `shardline` command of the Python package. `run` runs a script in this process; the `shardline` command of Node
serves every other verb."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence

from shardline import _overrides, _script
from shardline._bridge import engine
from shardline._bridge.jobs import RESTORE_KEY
from shardline.errors import EngineUnavailableError
from shardline.version import __version__

_STOP_AT_KEY = "shardline.source.stop-at"
_PROGRESS = "SHARDLINE_PROGRESS"
_DRAIN_TIMEOUT_KEY = "shardline.job.drain-timeout"
_KEY = re.compile(r"[\w.-]*")
_IGNORE_UNCLAIMED_KEY = "execution.state-recovery.ignore-unclaimed-state"

_HELP = """\
usage: shardline run [options] SCRIPT [ARGUMENT ...]
       shardline VERB [ARGUMENT ...]

Amazon Kinesis Data Streams with Apache Flink's semantics, without a JVM.

  run SCRIPT      run a PyFlink script without changes (shardline run --help)

other verbs, which the Node command serves (shardline VERB --help):
  ps              list the jobs that run on this machine
  status, explain show what a job does; which subtask reads which shard, and why a shard is not read
  stop, savepoint end a job in order; store its state while it runs
  checkpoint      show, rewind, sign, list and prune checkpoints
  local           start a Kinesis on this machine
  rpc             serve JSON-RPC, for other languages

  -h, --help      show this
  -V, --version   show the version

exit codes:
  0    the script and its jobs finished
  1    the script or a job failed
  2    the command line is wrong
  3    the environment is wrong: Node is missing or too old, the engine is not built, or the build is stale;
       explain and status: there is an alarm, such as a shard that is not read
  130  interrupted; jobs were drained first
  143  terminated; jobs were drained first
"""


def main(arguments: Sequence[str] | None = None) -> int:
    argv = list(sys.argv[1:] if arguments is None else arguments)
    verb = argv[0] if argv else "--help"
    if verb in ("-h", "--help", "help"):
        sys.stdout.write(_HELP)
        return 0 if argv else _script.EXIT_USAGE
    if verb in ("-V", "--version"):
        sys.stdout.write(f"shardline {__version__}\n")
        return 0
    if verb == "run":
        return _run(argv[1:])
    if verb.startswith("-"):
        sys.stderr.write(f"shardline: unknown option {verb}; see shardline --help\n")
        return _script.EXIT_USAGE
    return _node_command(argv)


def _run(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="shardline run",
        description="Runs a PyFlink script in this process; `import pyflink` imports shardline.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--restore",
        metavar="latest|auto|PATH",
        help="continue from a checkpoint: the latest one, which must exist; the latest one, if there is one (auto, for "
        "supervisors); or the one at PATH. Restoring runs its pickles as code: use only checkpoints that you trust",
    )
    parser.add_argument(
        "--allow-non-restored-state",
        action="store_true",
        help="start although the checkpoint holds state of operators that the script no longer has",
    )
    parser.add_argument(
        "--stop-at",
        metavar="never|latest|TIMESTAMP",
        help="where an endless source ends: at the latest record when the job starts, or at a time (ISO 8601)",
    )
    parser.add_argument(
        "--drain-timeout",
        metavar="TIME",
        help="how long Ctrl-C and SIGTERM let the job drain before it is ended (default: 8 s)",
    )
    parser.add_argument(
        "--conf",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        type=_pair,
        help="override an option of the script",
    )
    parser.add_argument("--progress", action="store_true", help="show records/s, shards and checkpoints on stderr")
    parser.add_argument("--log-level", choices=_script.LOG_LEVELS, help="level of the log on stderr (default: warning)")
    parser.add_argument("script", metavar="SCRIPT")
    parser.add_argument("arguments", metavar="ARGUMENT", nargs=argparse.REMAINDER, help="arguments of the script")
    options = parser.parse_args(argv)
    values = dict(options.conf)
    if options.restore is not None:
        values[RESTORE_KEY] = options.restore
    if options.allow_non_restored_state:
        values[_IGNORE_UNCLAIMED_KEY] = "true"
    if options.drain_timeout is not None:
        values[_DRAIN_TIMEOUT_KEY] = options.drain_timeout
    if options.stop_at is not None:
        values[_STOP_AT_KEY] = options.stop_at
    _overrides.of_command_line(values)
    if options.progress:
        os.environ[_PROGRESS] = "1"
    if options.log_level:
        os.environ[_script.LOG_LEVEL] = options.log_level
    return _script.run(options.script, options.arguments)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        beginning = _KEY.match(text)[0]  # type: ignore[index]  # the rest may be a secret
        shown = beginning if beginning == text else f"{beginning}..."
        raise argparse.ArgumentTypeError(f"it takes KEY=VALUE, not {shown!r}")
    return key, value


def _node_command(argv: list[str]) -> int:
    """Replaces this process with the command of Node, so that signals and the exit code are those of the command.
    Returns if there is none."""
    try:
        command = engine.find()
        os.execv(command.node, command.argv(*argv))
    except EngineUnavailableError as error:
        sys.stderr.write(f"shardline: {error}\n")
    return _script.EXIT_ENVIRONMENT


if __name__ == "__main__":
    sys.exit(main())
