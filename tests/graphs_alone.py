"""Benchmarks at tiny sizes, without the minutes that XLA takes to compile."""


def leave_out_xla(monkeypatch, benchmark):
    """Of a benchmark's contestants, those that run as graphs stay."""
    graphs = [one for one in benchmark.contestants() if not one.name.endswith("(XLA)")]
    monkeypatch.setattr(benchmark, "contestants", lambda: graphs)
