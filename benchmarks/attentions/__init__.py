"""The contestants of `benchmarks/attention.py`, one file for each framework.

A contestant is a module with `prepare(case, arrays, options) -> work, short, probe`. `work()` is
measured; `short()` does the same for a few tokens, so that threads and kernels exist before memory
is measured; `probe(work())` are a few numbers that must equal those of the other contestants.
"""
