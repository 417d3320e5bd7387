"""Ours beside the peers: every contestant in its own process, interleaved, printed as ratios.

`translation` trains and decodes, `text_classification` trains and predicts, `encoder` steps through
a stack of encoder layers, `attention` attends to ever longer sequences, and `mechanisms` trains one
small model with each mechanism of our own. `make bench` runs the first four; each explains itself:
`python -m benchmarks.encoder --help`.
"""
