"""Which checkpoint a job goes on from when its engine died: the newest that the job itself completed. `latest` would
take the one of an earlier run, if the engine died before the first checkpoint of this one.

On disk (`core/checkpoint/checkpoint.ts` of the source tree): `<directory>/chk-<N>/_metadata`, JSON, written last.
"""

from __future__ import annotations

import json
import re
from collections.abc import Set as AbstractSet
from pathlib import Path


def newest(directory: str | None, job_ids: AbstractSet[str]) -> str | None:
    """The path of the newest complete checkpoint of these jobs; None: there is none."""
    if directory is None:
        return None
    numbered = [
        (int(match[1]), path)
        for path in Path(directory).glob("chk-*")
        if (match := re.fullmatch(r"chk-(\d+)", path.name))
    ]
    for _, path in sorted(numbered, reverse=True):
        try:
            metadata = json.loads((path / "_metadata").read_bytes())
        except (OSError, ValueError):
            continue  # not complete
        if isinstance(metadata, dict) and metadata.get("jobId") in job_ids:
            return str(path)
    return None
