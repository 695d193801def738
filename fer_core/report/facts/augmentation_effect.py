"""Before and after a change: what differs in the configurations, and what it did to accuracy."""

from typing import TYPE_CHECKING

from fer_core.analysis import metrics
from fer_core.analysis.configurations import configuration_difference
from fer_core.analysis.pairs import compare_all
from fer_core.figures import facets, judged, text
from fer_core.figures.configuration_difference import brief
from fer_core.records import Run, RunDetails
from fer_core.report.facts import recipe
from fer_core.report.facts.answers import answers_of
from fer_core.report.facts.comparison import tests
from fer_core.translation import Translate, translator
from fer_core.words import listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore


def paragraphs(store: "RunStore", runs: tuple[Run, ...], *, language: str) -> list[str]:
    """Return how each run treats its images, what else differs, and the paired test of their
    accuracies on validation; nothing of fewer than two runs."""
    _ = translator(language)
    if len(runs) < 2:
        return []
    details = [store.details(run.id) for run in runs]
    found = [sentences([*(_treats(each, _) for each in details), _differ(details, _)], _)]
    answers = answers_of(store, runs)
    if len(answers) > 1:
        reached = _("{name}: accuracy {accuracy} of {count:,} images.")
        said = [
            reached.format(
                name=judged.named(each, _),
                accuracy=text.estimated(metrics.accuracy(each.labels, each.predicted)),
                count=len(each.labels),
            )
            for each in answers
        ]
        found.append(sentences([*said, judged.how(answers, _)], _))
        found.append(tests(compare_all(answers), language))
    return found


def _treats(details: RunDetails, _: Translate) -> str:
    config = details.config
    if not {"normalise", "augment"} <= {*config}:
        return ""
    return _("{name}: normalisation {normalisation}; augmentation {augmentation}.").format(
        name=facets.named(details.run, _),
        normalisation=recipe.normalisation(str(config["normalise"]), _),
        augmentation=recipe.augmentation(config, _),
    )


def _differ(details: list[RunDetails], _: Translate) -> str:
    settings = configuration_difference([each.config for each in details])
    if not settings:
        return _("No setting that is stored differs.")
    form = _("{name} ({values})")
    said = (
        form.format(name=text.clean(name), values=" / ".join(brief(value, _) for value in values))
        for name, values in settings.items()
    )
    return _("Settings that differ, in the order {names}: {settings}.").format(
        names=" / ".join(facets.named(each.run, _) for each in details),
        settings=listed(said, _),
    )
