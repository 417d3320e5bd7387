"""Objectives of training beyond the plain loss: what a model shall do about small changes."""

from keras_attention.training.objectives.adversarial import FGM as FGM
from keras_attention.training.objectives.adversarial import FreeLB as FreeLB
from keras_attention.training.objectives.distillation import HardDistillation as HardDistillation
from keras_attention.training.objectives.distillation import SoftDistillation as SoftDistillation
from keras_attention.training.objectives.objective import Objective as Objective
from keras_attention.training.objectives.r_drop import RDrop as RDrop
