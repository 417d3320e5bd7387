"""Training: losses, metrics, schedules, callbacks, and the model base with a distributed `fit`."""

from keras_attention.training.adam import Adam as Adam
from keras_attention.training.alignment_loss import AlignmentLoss as AlignmentLoss
from keras_attention.training.checkpoints import Checkpoints as Checkpoints
from keras_attention.training.ctc_loss import CTCLoss as CTCLoss
from keras_attention.training.distribution import make_strategy as make_strategy
from keras_attention.training.losses import MaskedCrossEntropy as MaskedCrossEntropy
from keras_attention.training.metrics import MaskedAccuracy as MaskedAccuracy
from keras_attention.training.metrics import Perplexity as Perplexity
from keras_attention.training.model import Model as Model
from keras_attention.training.objectives import FGM as FGM
from keras_attention.training.objectives import FreeLB as FreeLB
from keras_attention.training.objectives import HardDistillation as HardDistillation
from keras_attention.training.objectives import RDrop as RDrop
from keras_attention.training.objectives import SoftDistillation as SoftDistillation
from keras_attention.training.rate_schedules import VShaped as VShaped
from keras_attention.training.schedules import InverseSquareRoot as InverseSquareRoot
from keras_attention.training.schedules import WarmupCosine as WarmupCosine
from keras_attention.training.schedules import WarmupLinear as WarmupLinear
from keras_attention.training.throughput import Throughput as Throughput
from keras_attention.training.weight_files import average_weights as average_weights
from keras_attention.training.weight_files import load_weights as load_weights
from keras_attention.training.weight_files import save_weights as save_weights
