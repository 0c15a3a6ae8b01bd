"""Formats of records: JSON, Avro, CSV, and the AWS Glue Schema Registry's."""

from __future__ import annotations

__all__: list[str] = []
