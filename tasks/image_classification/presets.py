"""Settings that go together: the configurations by name that a run begins with."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tasks.image_classification.augmentation import AugmentationConfig
from tasks.image_classification.batches import Batching
from tasks.image_classification.config import ImageConfig, ModelConfig, TrainConfig
from tasks.image_classification.corpora import Builtin, Cifar10, FashionMnist, Folder, Mnist
from tasks.image_classification.sizing import SizeConfig

_COMPACT = ModelConfig(
    num_layers=2,
    d_model=128,
    num_heads=2,
    dff=128,
    dropout=0.0,
    attention_dropout=0.1,
    stochastic_depth=0.1,
    tokenizer="convolutions",
    convolutions=2,
    pooling="sequence",
)
_LONG = TrainConfig(
    epochs=60,
    peak_learning_rate=2e-3,
    warmup_steps=1000,
    weight_decay=0.05,
    label_smoothing=0.1,
    precision="mixed_bfloat16",
    moving_average=0.999,
)


def tiny() -> ImageConfig:
    """Built-in drawings of shapes, minutes on two CPU cores."""
    return ImageConfig(
        name="tiny",
        data=Builtin(),
        batching=Batching(batch_size=32),
        model=ModelConfig(
            num_layers=3, d_model=64, num_heads=4, dff=128, dropout=0.0, patch_size=8
        ),
        train=TrainConfig(
            epochs=5,
            peak_learning_rate=3e-3,
            warmup_steps=200,
            label_smoothing=0.0,
            pictures=1,
        ),
    )


def fashion_mnist() -> ImageConfig:
    """Clothes, grey and 28 x 28: a compact convolutional transformer of 0.4 M parameters."""
    return ImageConfig(
        name="fashion_mnist",
        data=FashionMnist(),
        augmentation=AugmentationConfig(flip=True, crop=2, erasing=0.25, mixup=0.2),
        model=replace(_COMPACT, num_layers=4),
        train=_LONG,
    )


def fashion_mnist_small() -> ImageConfig:
    """The same with less than 0.2 M parameters."""
    run = fashion_mnist()
    return replace(
        run,
        name="fashion_mnist_small",
        model=replace(run.model, num_layers=3, d_model=96, num_heads=3, dff=96),
    )


def fashion_mnist_vit() -> ImageConfig:
    """The same by a plain vision transformer: patches and a class token."""
    run = fashion_mnist()
    return replace(
        run,
        name="fashion_mnist_vit",
        model=ModelConfig(
            num_layers=6, d_model=80, num_heads=4, dff=160, dropout=0.0, stochastic_depth=0.1
        ),
    )


def mnist() -> ImageConfig:
    """Digits, by the settings of clothes; they are not mirrored."""
    run = fashion_mnist()
    return replace(
        run,
        name="mnist",
        data=Mnist(),
        augmentation=replace(run.augmentation, flip=False),
        train=replace(run.train, epochs=30),
    )


def cifar10() -> ImageConfig:
    """Small photographs: CCT-2/3x2, 0.28 M parameters, as published."""
    return ImageConfig(
        name="cifar10",
        data=Cifar10(),
        augmentation=AugmentationConfig(flip=True, crop=4, rand_augment=2, mixup=0.8, cutmix=1.0),
        batching=Batching(batch_size=128),
        model=_COMPACT,
        train=replace(_LONG, epochs=200),
    )


def base() -> ImageConfig:
    """Your own pictures, a folder for each class (`--data.path pictures`)."""
    return ImageConfig(
        name="base",
        data=Folder(Path("pictures")),
        size=SizeConfig(height=64, width=64, channels=3),
        augmentation=AugmentationConfig(flip=True, crop=6),
        model=replace(_COMPACT, num_layers=4, convolutions=3),
        train=replace(_LONG, epochs=50, patience=10),
    )


PRESETS: dict[str, Callable[[], ImageConfig]] = {
    preset.__name__: preset
    for preset in (
        tiny,
        fashion_mnist,
        fashion_mnist_small,
        fashion_mnist_vit,
        mnist,
        cifar10,
        base,
    )
}
