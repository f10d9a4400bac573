"""Benchmarks: each compares in one run and prints ratios. `python3 dev.py bench [NAME…]`."""
