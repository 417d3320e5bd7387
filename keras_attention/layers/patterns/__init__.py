"""Patterns: which pairs of query and key are computed at all."""

from keras_attention.layers.patterns.big_bird import BigBird as BigBird
from keras_attention.layers.patterns.block_sparse import BlockSparse as BlockSparse
from keras_attention.layers.patterns.dilated_window import DilatedWindow as DilatedWindow
from keras_attention.layers.patterns.global_window import GlobalWindow as GlobalWindow
from keras_attention.layers.patterns.grid_window import GridWindow as GridWindow
from keras_attention.layers.patterns.off_diagonal import OffDiagonal as OffDiagonal
from keras_attention.layers.patterns.packed_segments import PackedSegments as PackedSegments
from keras_attention.layers.patterns.pattern import Pattern as Pattern
from keras_attention.layers.patterns.sliding_window import SlidingWindow as SlidingWindow
