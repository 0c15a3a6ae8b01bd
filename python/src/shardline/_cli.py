"""The `shardline` command of the Python package: `run` runs a script in this process, every other verb is the Node
command's."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence

from shardline import _script
from shardline._bridge import engine
from shardline._bridge.jobs import RESTORE_KEY
from shardline.errors import EngineUnavailableError
from shardline.version import __version__

_STOP_AT_KEY = "shardline.source.stop-at"
_LEVELS = ("debug", "info", "warn", "error")

_HELP = """\
usage: shardline run [options] SCRIPT [ARGUMENT ...]
       shardline VERB [ARGUMENT ...]

Amazon Kinesis Data Streams with Apache Flink's semantics, without a JVM.

  run SCRIPT      run a PyFlink script as it stands (shardline run --help)
  VERB            every other verb, such as local, is the Node command's: shardline VERB --help

  -h, --help      show this
  -V, --version   show the version

exit codes:
  0    the script and its jobs finished
  1    the script or a job failed
  2    the command line is wrong
  3    the environment is: Node is missing or too old, the engine is not built, or the build is stale
  130  interrupted; jobs were drained first
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
    parser.add_argument("--restore", metavar="latest|PATH", help="go on from a checkpoint: the latest one, or this one")
    parser.add_argument(
        "--stop-at",
        metavar="never|latest|TIMESTAMP",
        help="end an endless source there: at what its stream holds when the job starts, or at a time (ISO 8601)",
    )
    parser.add_argument("--log-level", choices=_LEVELS, help="what Shardline says on stderr (default: warn)")
    parser.add_argument("script", metavar="SCRIPT")
    parser.add_argument("arguments", metavar="ARGUMENT", nargs=argparse.REMAINDER, help="the script's own")
    options = parser.parse_args(argv)
    _override({RESTORE_KEY: options.restore, _STOP_AT_KEY: options.stop_at})
    if options.log_level:
        _log_to_stderr(options.log_level)
    return _script.run(options.script, options.arguments)


def _override(values: dict[str, str | None]) -> None:
    """Options become configuration that is laid over the script's, here and in nothing that the script starts."""
    given = {key: value for key, value in values.items() if value is not None}
    if given:
        os.environ["SHARDLINE_CONF"] = json.dumps({**json.loads(os.environ.get("SHARDLINE_CONF") or "{}"), **given})


def _log_to_stderr(level: str) -> None:
    os.environ["SHARDLINE_LOG_LEVEL"] = level  # the engine reads it
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("shardline")
    logger.addHandler(handler)
    logger.setLevel("WARNING" if level == "warn" else level.upper())
    logger.propagate = False


def _node_command(argv: list[str]) -> int:
    """Replaces this process, so that signals and the exit code are the command's own; returns if it cannot."""
    try:
        command = engine.find()
        os.execv(command.node, command.argv(*argv))
    except EngineUnavailableError as error:
        sys.stderr.write(f"shardline: {error}\n")
    return _script.EXIT_ENVIRONMENT


if __name__ == "__main__":
    sys.exit(main())
