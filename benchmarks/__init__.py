"""Ours beside the peers: every contestant in its own process, interleaved, printed as ratios."""
