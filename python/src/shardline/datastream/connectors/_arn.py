"""Checks ARNs of streams by the same rule as the engine."""

from __future__ import annotations

import re

from shardline.errors import ConfigurationError

_STREAM_ARN = re.compile(r"arn:aws[a-z-]*:kinesis:[a-z0-9-]+:[0-9]{12}:stream/[a-zA-Z0-9_.-]{1,128}")


def checked_arn(stream_arn: str) -> str:
    """Returns the ARN. Raises `ConfigurationError` if it is not the ARN of a stream."""
    if not isinstance(stream_arn, str) or not _STREAM_ARN.fullmatch(stream_arn):
        raise ConfigurationError(
            f"'{stream_arn}' is not the ARN of a Kinesis stream. "
            "It should look like arn:aws:kinesis:us-east-1:123456789012:stream/name."
        )
    return stream_arn
