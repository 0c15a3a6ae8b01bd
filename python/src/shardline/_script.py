"""Runs a script in this process as `python script.py` does, and lets it import `pyflink`. `shardline run` and npm's
launcher use it."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import sys
from collections.abc import Iterator
from types import FrameType, ModuleType, TracebackType

from shardline import _absent, _alias
from shardline._bridge import session
from shardline.errors import EngineUnavailableError, ShardlineError

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_ENVIRONMENT = 3
EXIT_INTERRUPTED = 130

_DEFECTS = ("INTERNAL", "PROTOCOL_VIOLATED")
_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep  # noqa: PTH100, PTH120
_IMPORTLIB = (os.path.dirname(importlib.__file__) + os.sep, "<frozen importlib")  # noqa: PTH120

#: The environment variable of the log level, and its values. npm's launcher sets it too.
LOG_LEVEL = "SHARDLINE_LOG_LEVEL"
LOG_LEVELS = ("debug", "info", "warning", "error")


def run(path: str, arguments: list[str]) -> int:
    """Returns the exit code. When a script fails, its traceback is printed first. When it calls `sys.exit`, the exit
    code is that of the call."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            source = file.read()
    except OSError as error:
        print(f"shardline: cannot read {path}: {error.strerror}", file=sys.stderr)
        return EXIT_USAGE
    _alias.install()
    _log_to_stderr(os.environ.get(LOG_LEVEL, "warning"))
    sys.argv = [path, *arguments]
    sys.path[0] = os.path.dirname(os.path.realpath(path))  # noqa: PTH120
    main = ModuleType("__main__")
    main.__file__ = path
    main.__builtins__ = __builtins__  # type: ignore[attr-defined]
    sys.modules["__main__"] = main
    try:
        exec(compile(source, path, "exec", dont_inherit=True), main.__dict__)
    except SystemExit:
        raise
    except KeyboardInterrupt:
        _drain()
        return EXIT_INTERRUPTED
    except EngineUnavailableError as error:
        print(f"shardline: {error}", file=sys.stderr)
        return EXIT_ENVIRONMENT
    except BaseException as error:  # noqa: BLE001 - a script may raise anything
        error.__traceback__ = _of_script(error.__traceback__, path)
        if isinstance(error, ShardlineError) and error.code not in _DEFECTS:
            _shorten(error, _OWN_FOLDER)
        elif _absent.is_explained(error):
            _shorten(error, _OWN_FOLDER, *_IMPORTLIB)
        sys.excepthook(type(error), error, error.__traceback__)
        return EXIT_FAILED
    _warn_of_what_never_ran(path)
    return 0


def _warn_of_what_never_ran(path: str) -> None:
    made = sys.modules.get("shardline.datastream.stream_execution_environment")
    names = [] if made is None else made.never_executed()
    if names:
        shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        print(
            f"shardline: {path} has ended, and the operators that it built were not run: {shown}. "
            "A job runs when env.execute() is called",
            file=sys.stderr,
        )


def _drain() -> None:
    """Drains the jobs that `execute_async` and `execute_and_collect` started and that still run. `execute` has drained
    its own job. A second Ctrl-C ends them at once."""
    try:
        session.current().close("interrupt")
    except KeyboardInterrupt:
        session.current().abandon()
        with contextlib.suppress(KeyboardInterrupt):
            session.current().close()


def _log_to_stderr(level: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(name)s: %(levelname)s: %(message)s"))
    logger = logging.getLogger("shardline")
    logger.addHandler(handler)
    logger.setLevel(level.upper() if level in LOG_LEVELS else logging.WARNING)
    logger.propagate = False  # otherwise a script that configures logging would print every line twice


def _shorten(error: BaseException, *folders: str) -> None:
    """Omits the traceback of an error whose message says what to do. Where the engine and this package were at the time
    is of use for their defects only."""
    if os.environ.get(LOG_LEVEL) == "debug":
        return
    error.__cause__ = None
    error.__suppress_context__ = True
    kept = None
    for frame, last, line in reversed(list(_frames(error.__traceback__))):
        if not frame.f_code.co_filename.startswith(folders):
            kept = TracebackType(kept, frame, last, line)
    error.__traceback__ = kept


def _frames(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int, int]]:
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno
        traceback = traceback.tb_next


def _of_script(traceback: TracebackType | None, path: str) -> TracebackType | None:
    """Returns the traceback without the frames above the script. A SyntaxError of the script itself has no frame of the
    script."""
    while traceback is not None and traceback.tb_frame.f_code.co_filename != path:
        traceback = traceback.tb_next
    return traceback
