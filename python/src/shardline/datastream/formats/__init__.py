"""Formats of records: JSON, Avro, CSV, and that of the AWS Glue Schema Registry."""

from __future__ import annotations

__all__: list[str] = []
