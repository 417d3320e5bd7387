"""From waveforms to what a speech encoder takes."""

from keras_attention.layers.audio.additive_noise import AdditiveNoise as AdditiveNoise
from keras_attention.layers.audio.convolutional_subsampling import (
    ConvolutionalSubsampling as ConvolutionalSubsampling,
)
from keras_attention.layers.audio.dither import Dither as Dither
from keras_attention.layers.audio.front_end import FrontEnd as FrontEnd
from keras_attention.layers.audio.log_mel_spectrogram import LogMelSpectrogram as LogMelSpectrogram
from keras_attention.layers.audio.mel_cepstrum import MelCepstrum as MelCepstrum
from keras_attention.layers.audio.pre_emphasis import PreEmphasis as PreEmphasis
from keras_attention.layers.audio.random_gain import RandomGain as RandomGain
from keras_attention.layers.audio.resampler import Resampler as Resampler
from keras_attention.layers.audio.silence_trimming import SilenceTrimming as SilenceTrimming
from keras_attention.layers.audio.spec_augment import SpecAugment as SpecAugment
from keras_attention.layers.audio.time_patches import TimePatches as TimePatches
from keras_attention.layers.audio.utterance_normalization import (
    UtteranceNormalization as UtteranceNormalization,
)
