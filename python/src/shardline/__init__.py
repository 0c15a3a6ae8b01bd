"""Amazon Kinesis Data Streams with Apache Flink's semantics, without a JVM.

Every public module has the path of PyFlink's module of the same name: `shardline.datastream` is `pyflink.datastream`.
`shardline run job.py` runs scripts that import `pyflink`, without changes.
"""

from shardline import _absent, _overrides
from shardline.version import __version__

__all__ = ["__version__"]

_absent.install()
_overrides.take()
