"""The contestants of `benchmarks/speech.py`, one file each, and their work.

A contestant is a module with `prepare(case, workload, options) -> Work`, as those of `translators`.
"""
