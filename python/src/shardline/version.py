"""The version of this package, which is also the version of the engine."""

__version__ = "0.1.0"
