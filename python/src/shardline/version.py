"""The version of this package; the engine's version is the same number."""

__version__ = "0.1.0"
