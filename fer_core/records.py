"""What the parts hand to each other: frozen records of numpy arrays and plain values.

Everything may import this module; it imports numpy and the standard library only.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

CLASS_NAMES = ("Angry", "Disgust", "Fear", "Happy", "Sad", "Surprise", "Neutral")
IMAGE_SIZE = 48
UNLABELLED = -1

TRAIN, VALIDATION, TEST = "train", "validation", "test"
# The source's own validation split, when a run holds out a part of train instead.
PUBLIC = "public"

# A run's weights by name: those of the epoch that is best on validation, of the last one, and their
# moving average; epoch-N are those of an epoch that was kept.
WEIGHTS = ("best", "last", "average")
ANY_WEIGHTS = re.compile(rf"{'|'.join(WEIGHTS)}|epoch-[1-9][0-9]*")
# What predictions are the mean of: the image alone, the image and its mirror image, or ten crops,
# see fer_core/views.py.
AVERAGINGS = ("none", "flip", "crops")

# What an audit flags an image for, in the order of the bits of its flags (bit 0: black).
#   black          every pixel is 0
#   flat           not black, but hardly any contrast
#   text-like      looks like text, a drawing or a sign rather than a photograph
#   copy           an image before it (splits in order) has the same bytes
#   conflict       an image with the same bytes has another label
#   near-copy      an image before it shows the same picture: the same bytes, or slightly changed,
#                  turned or mirrored
#   near-conflict  an image that shows the same picture has another label
#   twin           an image of another split has the same bytes
# An unlabelled image is in no conflict.
AUDIT_FLAGS = (
    "black",
    "flat",
    "text-like",
    "copy",
    "conflict",
    "near-copy",
    "near-conflict",
    "twin",
)

# Kind of the stored arrays of a data set that show augmentation at work.
AUGMENTATION = "augmentation"

REGION_NAMES = ("rest", "brows", "eyes", "nose", "mouth", "cheeks", "forehead")

# The preset of a run that combines the predictions of other runs.
ENSEMBLE = "ensemble"
# Kind of the tensor that holds the file of a network of one's own, as bytes.
SOURCE = "source"

EXPLANATION = "explanation"  # kind of a stored map
SEGMENTS, SEGMENT_WEIGHTS = "segments", "segment-weights"  # kinds; what LIME adds
# Methods in the order of a report, and whether their maps are signed.
EXPLANATION_METHODS = {
    "saliency": False,
    "smoothgrad": False,
    "integrated_gradients": True,
    "gradcam": False,
    "guided_backprop": True,
    "guided_gradcam": True,
    "lime": True,
    "occlusion": True,
}

# Kinds of what is stored of a network's filters and of images made for it: see fer_core/microscope.
FILTERS, FILTER_ACTIVATIONS = "filters", "filter-activations"
KERNELS, TOP_IMAGES, FILTER_SIMILARITY = "kernels", "top-images", "filter-similarity"
LAYER_OUTPUTS, CLASS_IMAGES = "layer-outputs", "class-images"
ADVERSARIAL, ROBUSTNESS, DREAM = "adversarial", "robustness", "dream"
MICROSCOPE_KINDS = (
    *(FILTERS, FILTER_ACTIVATIONS, KERNELS, TOP_IMAGES, FILTER_SIMILARITY, LAYER_OUTPUTS),
    *(CLASS_IMAGES, ADVERSARIAL, ROBUSTNESS, DREAM),
)

RUNNING, FINISHED, INTERRUPTED, FAILED = "running", "finished", "interrupted", "failed"
# Derived when read, never stored: the run says "running", its process is gone.
STALE = "stale"


@dataclass(frozen=True, eq=False)
class SplitArrays:
    """One split of a data set in the order of its source.

    images: (N, 48, 48) uint8; labels: (N,) int8 in 0..6, -1 where unlabelled;
    names: N source names (a member's path, a row's number);
    regions: (N, 48, 48) uint8 indices into REGION_NAMES, for synthetic faces only.
    """

    images: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    regions: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class DatasetArrays:
    """A whole data set as a reader returns it.

    form: the reader's name (``kaggle-archive``, ``fer2013-csv``, ``synthetic``);
    identical_groups: for each split (N,) int32; two images of any splits are byte-identical
    exactly when their numbers are equal; near_groups: likewise, for images that show the same
    picture (byte-identical ones do); flags: for each split (N,) uint16, a bit for each of
    AUDIT_FLAGS.
    """

    form: str
    splits: Mapping[str, SplitArrays]
    identical_groups: Mapping[str, np.ndarray]
    near_groups: Mapping[str, np.ndarray]
    flags: Mapping[str, np.ndarray]
    fingerprints: Mapping[str, str]
    fingerprint: str
    synthetic: bool = False


@dataclass(frozen=True)
class SplitInfo:
    """Counts of one stored split; `classes` holds all seven names, zero included."""

    name: str
    count: int
    classes: Mapping[str, int]
    fingerprint: str
    twins: int  # images with a byte-identical twin in the source's train split (0 for train)

    @property
    def labelled(self) -> bool:
        return sum(self.classes.values()) == self.count


@dataclass(frozen=True)
class Dataset:
    """A data set in the store."""

    name: str
    fingerprint: str
    form: str
    synthetic: bool
    splits: Mapping[str, SplitInfo]
    created_at: float


Setting = int | float | tuple[float, ...]


@dataclass(frozen=True)
class Layer:
    """One module of a network, in forward order.

    name: ``conv1``, ``dense2`` or the module path; type: its torch class name;
    output_shape: (C, H, W) or (N,), without the batch; non_trainable: running statistics
    counted as Keras does; operations: multiply-adds for one image; input_shape: like the
    output's, () where it is not known; settings: of convolutions and poolings ``kernel``,
    ``stride``, ``padding`` (in numbers, half of what both sides get: 0.5 where 'same' pads one
    side only) and ``dilation``, each (rows, columns), and ``groups``; of dropout its ``rate``,
    of a leaky ReLU its ``slope``. Runs stored before these two fields were kept lack them.
    """

    name: str
    path: str
    type: str
    output_shape: tuple[int, ...]
    parameters: int
    trainable: int
    non_trainable: int
    operations: int
    input_shape: tuple[int, ...] = ()
    settings: Mapping[str, Setting] = field(default_factory=dict)


@dataclass(frozen=True)
class Epoch:
    """One epoch of training. Epochs count from 1; accuracies in 0..1; losses are mean cross
    entropy in nats (with the recipe's label smoothing in training, without in validation). What
    a loop does not measure is not-a-number."""

    epoch: int
    train_loss: float = math.nan
    train_accuracy: float = math.nan
    validation_loss: float = math.nan
    validation_accuracy: float = math.nan
    seconds: float = math.nan
    learning_rate: float | None = None
    weights_sha256: str | None = None
    state_sha256: str | None = None


@dataclass(frozen=True)
class Score:
    """How many images of a split a run gets right, with which weights and averaging.

    `*_without_twins` leave out images whose identical twin the run trained on.
    """

    split: str
    weights: str
    averaging: str
    count: int
    correct: int
    count_without_twins: int
    correct_without_twins: int

    @property
    def accuracy(self) -> float:
        return self.correct / self.count


@dataclass(frozen=True)
class Run:
    """A run as a list shows it. Times are seconds since 1970; accuracies in 0..1."""

    id: str
    name: str
    preset: str
    status: str
    dataset: str
    dataset_fingerprint: str
    synthetic: bool
    seed: int
    parameters: int
    epochs: int
    epochs_planned: int
    best_epoch: int | None
    # Of the best epoch; of the stored predictions with the best weights where no epoch has one.
    validation_accuracy: float | None
    seconds: float  # spent in finished epochs
    created_at: float
    updated_at: float
    revision: int
    tags: tuple[str, ...] = ()
    note: str = ""
    # What a person noted of a leaderboard, in 0..1.
    leaderboard_public: float | None = None
    leaderboard_private: float | None = None
    scores: tuple[Score, ...] = ()

    def score(self, split: str, weights: str = "best", averaging: str = "none") -> Score | None:
        """Return the stored score for exactly these settings."""
        for score in self.scores:
            if (score.split, score.weights, score.averaging) == (split, weights, averaging):
                return score
        return None

    @property
    def test_score(self) -> Score | None:
        """The score on test: best weights without averaging, else the newest that exists."""
        newest = [score for score in self.scores if score.split == TEST]
        return self.score(TEST) or (newest[-1] if newest else None)


@dataclass(frozen=True)
class TestReading:
    """One reading of a test split: each is logged."""

    __test__ = False  # not a test class, whatever pytest makes of its name

    split: str
    weights: str
    averaging: str
    checkpoint_sha256: str
    read_at: float


@dataclass(frozen=True)
class RunDetails:
    """What a list does not need: the configuration, the layers, where the run was made.

    dropped: how many training images were left out for each of AUDIT_FLAGS that was asked for; an
    image with several of them counts for each.
    """

    run: Run
    config: Mapping[str, object]
    layers: tuple[Layer, ...]
    versions: Mapping[str, str]
    device: str
    test_readings: tuple[TestReading, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class EvaluationSplit:
    """The images that a run is judged on under one split name, in order.

    source, indices (N,) int64: where they lie in the source's splits; labels: (N,) int8;
    twins: (N,) bool, an identical image was among those the run trained on.
    """

    name: str
    source: str
    indices: np.ndarray
    labels: np.ndarray
    twins: np.ndarray
    fingerprint: str


@dataclass(frozen=True, eq=False)
class Predictions:
    """Probabilities of one run on one split. probabilities: (N, 7) float32, rows sum to 1.

    weights: ``best``, ``last``, ``average`` or ``epoch-N``; averaging: one of AVERAGINGS;
    fingerprint: of the split's images and labels.
    """

    split: str
    weights: str
    averaging: str
    probabilities: np.ndarray
    epoch: int
    checkpoint_sha256: str
    fingerprint: str
    created_at: float = 0.0


@dataclass(frozen=True, eq=False)
class TensorRecord:
    """Any array that belongs to a run, or to a data set, with its provenance.

    kind: what it is (``explanation``, ``filters``, ``augmentation``); key: method, layer,
    sample, target ... by name; provenance: checkpoint hash, seed, options, versions.
    """

    kind: str
    array: np.ndarray
    method: str = ""
    layer: str = ""
    sample: str = ""
    target: str = ""
    weights: str = "best"
    provenance: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class TensorKey:
    """What a `TensorRecord` says without its array: to list what there is."""

    kind: str
    method: str = ""
    layer: str = ""
    sample: str = ""
    target: str = ""
    weights: str = "best"
    provenance: Mapping[str, object] = field(default_factory=dict)
