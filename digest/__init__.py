"""Digest: articles in, a personal issue in each inbox."""

__version__ = "0.1.0"
