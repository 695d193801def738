"""The options of ``fer-core train`` that change a preset's recipe, in panels of its help."""

from typing import Annotated

import typer

_AUGMENTATION = "Augmentation and normalisation"
_OPTIMIZATION = "Optimisation"
_REGULARISATION = "Regularisation"
_DISTILLATION = "Distillation"

Augment = Annotated[
    str | None,
    typer.Option(
        help="none, shift-flip, rotate-shift-flip, or full: with zoom and erased rectangles, too.",
        rich_help_panel=_AUGMENTATION,
    ),
]
Rotate = Annotated[
    float | None, typer.Option(help="Most degrees, either way.", rich_help_panel=_AUGMENTATION)
]
Shift = Annotated[
    float | None,
    typer.Option(help="Most of the image's side, either way.", rich_help_panel=_AUGMENTATION),
]
Zoom = Annotated[
    float | None,
    typer.Option(help="Most, in or out, as a fraction.", rich_help_panel=_AUGMENTATION),
]
Erase = Annotated[
    float | None,
    typer.Option(help="Probability of a blanked rectangle.", rich_help_panel=_AUGMENTATION),
]
Normalise = Annotated[
    str | None,
    typer.Option(help="none, unit, dataset or per-image.", rich_help_panel=_AUGMENTATION),
]
Optimizer = Annotated[
    str | None,
    typer.Option(
        help="sgd (--set momentum=, nesterov=), adam, adamw, rmsprop or muon (--set momentum=).",
        rich_help_panel=_OPTIMIZATION,
    ),
]
Schedule = Annotated[
    str | None,
    typer.Option(
        help="constant, one-cycle, cosine (--set warmup=) or step (--set step_every=, "
        "step_factor=).",
        rich_help_panel=_OPTIMIZATION,
    ),
]
WeightAverage = Annotated[
    float | None,
    typer.Option(
        help="Decay of a moving average of the weights, e.g. 0.999; 0: none.",
        rich_help_panel=_OPTIMIZATION,
    ),
]
Sides = Annotated[
    str | None,
    typer.Option(
        help="Smaller images in the first parts of the training, as 32:0.4,40:0.3.",
        rich_help_panel=_OPTIMIZATION,
    ),
]
Patience = Annotated[
    int | None,
    typer.Option(
        help="Stop after so many epochs without a better validation accuracy; 0: never.",
        rich_help_panel=_OPTIMIZATION,
    ),
]
ClassWeights = Annotated[
    str | None,
    typer.Option(help="none, or balanced: by inverse frequency.", rich_help_panel=_REGULARISATION),
]
LabelSmoothing = Annotated[
    float | None,
    typer.Option(
        help="Part of a label spread over all classes; 0: none.", rich_help_panel=_REGULARISATION
    ),
]
Mixup = Annotated[
    float | None,
    typer.Option(
        help="Alpha of mixup: pairs of images mixed, e.g. 0.2; 0: none.",
        rich_help_panel=_REGULARISATION,
    ),
]
Dropout = Annotated[
    float | None,
    typer.Option(
        help="Rate in place of all dropout rates of the architecture.",
        rich_help_panel=_REGULARISATION,
    ),
]
Teacher = Annotated[
    str | None,
    typer.Option(
        help="Finished runs to learn from, as a,b: of the same data and held-out images.",
        metavar="RUN[,RUN...]",
        rich_help_panel=_DISTILLATION,
    ),
]
TeacherWeight = Annotated[
    float | None,
    typer.Option(
        help="The teachers' part of the loss, 0 to 1; the labels have the rest.",
        rich_help_panel=_DISTILLATION,
    ),
]
Temperature = Annotated[
    float | None,
    typer.Option(
        help="What logits are divided by before teacher and student are compared.",
        rich_help_panel=_DISTILLATION,
    ),
]
