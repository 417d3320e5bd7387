"""Search over a step function; knows no model."""

from keras_attention.decoding.beam import Beam as Beam
from keras_attention.decoding.bucketed_decoder import BucketedDecoder as BucketedDecoder
from keras_attention.decoding.coverage import no_coverage as no_coverage
from keras_attention.decoding.ctc import Transcript as Transcript
from keras_attention.decoding.ctc import ctc_alignment as ctc_alignment
from keras_attention.decoding.ctc import ctc_beam_search as ctc_beam_search
from keras_attention.decoding.ctc import ctc_greedy as ctc_greedy
from keras_attention.decoding.ctc import ctc_log_probability as ctc_log_probability
from keras_attention.decoding.decode import decode as decode
from keras_attention.decoding.greedy import Greedy as Greedy
from keras_attention.decoding.hypotheses import Hypotheses as Hypotheses
from keras_attention.decoding.lineage import Lineage as Lineage
from keras_attention.decoding.lineage import reorder as reorder
from keras_attention.decoding.n_gram import NGram as NGram
from keras_attention.decoding.sample import Sample as Sample
