"""`python -m shardline._launch script.py arguments...`: what npm's `shardline run` starts. The launcher's own process
is the engine already, and its channels are inherited (SHARDLINE_ENGINE_FDS)."""

from __future__ import annotations

import sys

from shardline import _script


def main() -> int:
    if len(sys.argv) < 2:
        print("usage: python -m shardline._launch SCRIPT [ARGUMENT ...]", file=sys.stderr)
        return _script.EXIT_USAGE
    return _script.run(sys.argv[1], sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
