"""The tests mirror the packages: tests/digest for digest, tests/subscribers for subscribers."""
