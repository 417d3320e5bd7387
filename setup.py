"""Packaging. The distribution is `keras-attention-zoo`, the import name `keras_attention`."""

from pathlib import Path

from setuptools import find_packages, setup

TENSORFLOW = ["tensorflow>=2.21"]
# tensorflow-text publishes no wheels for Windows.
TEXT = [*TENSORFLOW, "tensorflow-text>=2.21; sys_platform != 'win32'", "sentencepiece>=0.2"]
AUDIO = ["soundfile>=0.13"]
TASKS = [
    *TEXT,
    *AUDIO,
    # Error rates of speech recognition.
    "jiwer>=4.0",
    # TensorFlow 2.21 no longer installs TensorBoard.
    "tensorboard>=2.21",
    "tyro>=1.0",
    "matplotlib>=3.10",
    "pillow>=12",
    "sacrebleu>=2.5",
    "sacremoses>=0.1.1",
    "scikit-learn>=1.7",
    "scipy>=1.15",
]

setup(
    name="keras-attention-zoo",
    version="0.1.0",
    description="Every attention mechanism as a small, composable, correct Keras 3 layer.",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    # With the root as the package directory, `pip install -e .` puts the whole checkout on the path
    # (so `tasks` is importable from anywhere), while a wheel holds only what `include` names.
    package_dir={"": "."},
    packages=find_packages(include=["keras_attention", "keras_attention.*"]),
    package_data={"keras_attention": ["py.typed"]},
    install_requires=["keras>=3.15", "numpy>=2.0"],
    extras_require={
        "text": TEXT,
        "audio": AUDIO,
        "tasks": TASKS,
        "gpu": ["tensorflow[and-cuda]>=2.21; sys_platform == 'linux'"],
        "test": [
            "pytest>=9.0",
            "pytest-timeout>=2.4",
            "pytest-xdist>=3.8",
            "hypothesis>=6.150",
            "ruff>=0.17",
            # What the features of speech are compared with.
            "librosa>=0.11",
            "jax>=0.10",
            "nbclient>=0.11",
            "ipykernel>=7.0",
            "playwright>=1.65",
            # A test builds the wheel, without the network.
            "setuptools>=77",
        ],
        "interop": ["keras-hub>=0.25", "safetensors>=0.5", "torch>=2.6"],
        "bench": [
            "ctranslate2>=4.6",
            "keras-hub>=0.25",
            "librosa>=0.11",
            "torch>=2.6",
            "transformers>=5.0",
        ],
    },
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Developers",
        "Intended Audience :: Education",
        "Intended Audience :: Science/Research",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
)
