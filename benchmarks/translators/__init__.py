"""The contestants of `benchmarks/translation.py`, one file each, and the work they are given.

A contestant is a module with `prepare(case, workload, options) -> Work`. Only its own process
imports it, so no two frameworks ever share a process.
"""
