"""Amazon Kinesis Data Streams with Apache Flink's semantics, without a JVM.

Everything below this package carries the name that PyFlink gives it: `shardline.datastream` is
`pyflink.datastream`, and `shardline run job.py` runs a script that says `import pyflink` as it stands.
"""

from shardline import _absent, _overrides
from shardline.version import __version__

__all__ = ["__version__"]

_absent.install()
_overrides.take()
