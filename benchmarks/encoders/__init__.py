"""The contestants of `benchmarks/encoder.py`, one file each, and the work they are given.

A contestant is a module with `prepare(case, workload, options) -> Work`, as those of `translators`.
"""
