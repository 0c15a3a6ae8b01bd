"""The checkpoint from which a job continues after its engine died: the newest that the job itself completed. `latest`
would be that of an earlier run if the engine died before the first checkpoint of this run.

The file is `<directory>/chk-<N>/_metadata`, in JSON, and is written last (`core/checkpoint/checkpoint.ts` of the source
tree).
"""

from __future__ import annotations

import json
import re
from collections.abc import Set as AbstractSet
from pathlib import Path


def newest(directory: str | None, job_ids: AbstractSet[str]) -> str | None:
    """Returns the path of the newest complete checkpoint of these jobs, or None if there is no such checkpoint."""
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
            continue  # the checkpoint is not complete
        if isinstance(metadata, dict) and metadata.get("jobId") in job_ids:
            return str(path)
    return None
