"""Search over a step function; knows no model."""

from keras_attention.decoding.beam import Beam as Beam
from keras_attention.decoding.bucketed_decoder import BucketedDecoder as BucketedDecoder
from keras_attention.decoding.coverage import no_coverage as no_coverage
from keras_attention.decoding.decode import decode as decode
from keras_attention.decoding.greedy import Greedy as Greedy
from keras_attention.decoding.hypotheses import Hypotheses as Hypotheses
from keras_attention.decoding.lineage import Lineage as Lineage
from keras_attention.decoding.lineage import reorder as reorder
from keras_attention.decoding.sample import Sample as Sample
