import json
from typing import Any

import pytest

from fer_core.config import RunConfig
from fer_core.errors import InputError
from fer_core.records import AUDIT_FLAGS


def test_a_configuration_survives_json(tiny_config: RunConfig) -> None:
    assert RunConfig.from_dict(json.loads(json.dumps(tiny_config.to_dict()))) == tiny_config


def test_texts_become_the_fields_types(tiny_config: RunConfig) -> None:
    changed = tiny_config.replace(epochs="3", learning_rate="1e-3", validation="0.15", preset="p")
    assert (changed.epochs, changed.learning_rate, changed.validation) == (3, 0.001, 0.15)
    assert tiny_config.replace(validation="official").validation == "official"
    assert tiny_config.replace(nesterov="true").nesterov is True
    assert (tiny_config.dropout, tiny_config.replace(dropout="0.3").dropout) == (None, 0.3)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", ""),
        ("conflict,black", "black,conflict"),
        (" twin , near_copy,twin,", "near-copy,twin"),
        (",".join(AUDIT_FLAGS), ",".join(AUDIT_FLAGS)),
    ],
)
def test_what_is_dropped_is_kept_in_one_form(tiny_config: RunConfig, given: str, kept: str) -> None:
    config = tiny_config.replace(drop=given)
    assert config.drop == kept
    assert ",".join(config.dropped_kinds) == kept
    assert config.to_dict()["drop"] == kept


def test_epochs_to_keep_are_kept_in_one_form_and_must_be_trained(tiny_config: RunConfig) -> None:
    config = tiny_config.replace(epochs=20, keep_epochs=" 20,1, 5,1")
    assert (config.keep_epochs, config.kept_epochs) == ("1,5,20", (1, 5, 20))
    assert tiny_config.kept_epochs == ()
    for wrong in ("0", "21", "x", "1-5", "²"):
        with pytest.raises(InputError, match="is none of the epochs 1 to 20; write them as 1,5,20"):
            tiny_config.replace(epochs=20, keep_epochs=wrong)


def test_a_configuration_from_before_there_was_a_drop_drops_nothing(tiny_config: RunConfig) -> None:
    old = {key: value for key, value in tiny_config.to_dict().items() if key != "drop"}
    assert RunConfig.from_dict(old).dropped_kinds == ()


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("foo", 1, "unknown setting 'foo'"),
        ("epochs", "3.5", "epochs is '3.5'; it takes a whole number"),
        ("epochs", 2.5, "epochs is 2.5; it takes a whole number"),
        ("epochs", 0, "epochs is 0; use a number from 1"),
        ("epochs", float("inf"), "epochs is inf"),
        ("learning_rate", float("nan"), "learning_rate is nan"),
        ("batch_size", 1, "batch_size is 1"),
        ("rotate", True, "rotate is True"),
        ("augment", "mirror", "augment is 'mirror'; use one of none"),
        ("normalise", "z", "normalise is 'z'"),
        ("validation", "some", "validation is 'some'; use 'official' or a fraction"),
        ("validation", 1.5, "validation is 1.5"),
        ("architecture", "vgg", "architecture is 'vgg'; it takes a table"),
        (
            "drop",
            "black,blurred",
            "drop is 'black,blurred': no finding 'blurred'; use some of black",
        ),
        ("optimizer", "lion", "optimizer is 'lion'; use one of sgd, adam, adamw, rmsprop"),
        ("schedule", "cyclic", "schedule is 'cyclic'; use one of constant, one-cycle, cosine"),
        ("class_weights", "b", "class_weights is 'b'; use one of none, balanced"),
        ("momentum", 1.0, "momentum is 1.0; use a number from 0 to 0.9999"),
        ("nesterov", "yes", "nesterov is 'yes'; it takes true or false"),
        ("nesterov", 1, "nesterov is 1; it takes true or false"),
        ("warmup", -0.1, "warmup is -0.1; use a number from 0"),
        ("step_every", 0.0, "step_every is 0.0; use a number from 0.001"),
        ("label_smoothing", 1.0, "label_smoothing is 1.0"),
        ("mixup", -1.0, "mixup is -1.0; use a number from 0"),
        ("dropout", "half", "dropout is 'half'; it takes a number"),
        ("dropout", True, "dropout is True; it takes a number"),
        ("dropout", 1.0, "dropout is 1.0; use a number from 0 to 0.99"),
        ("weight_average", 1.0, "weight_average is 1.0; use a number from 0 to 0.99999"),
        ("teacher_weight", 1.5, "teacher_weight is 1.5; use a number from 0 to 1"),
        ("temperature", 0.0, "temperature is 0.0; use a number from 0.1 to 100"),
        ("patience", -1, "patience is -1; use a number from 0"),
        ("sources", {"epochs": "guessed"}, "the source of epochs is 'guessed'; use reported"),
    ],
)
def test_a_wrong_setting_is_named(tiny_config: RunConfig, key: str, value: Any, named: str) -> None:
    with pytest.raises(InputError, match=named.replace(".", r"\.")) as caught:
        tiny_config.replace(**{key: value})
    assert "\n" not in str(caught.value)


def test_nesterov_needs_a_momentum(tiny_config: RunConfig) -> None:
    with pytest.raises(InputError, match="nesterov is true with momentum 0; use a momentum"):
        tiny_config.replace(optimizer="sgd", nesterov=True, momentum=0)


@pytest.mark.parametrize(
    ("settings", "key", "named"),
    [
        ({"augment": "shift-flip"}, "rotate", "use augment rotate-shift-flip or full"),
        ({"augment": "rotate-shift-flip"}, "erase", "use augment full"),
        ({"augment": "none"}, "shift", "use augment shift-flip or rotate-shift-flip or full"),
        ({"optimizer": "adam"}, "momentum", "momentum does nothing with optimizer 'adam'"),
        ({"schedule": "step"}, "warmup", "use schedule cosine"),
        ({"schedule": "cosine"}, "step_every", "use schedule step"),
        ({"teacher": ""}, "temperature", "temperature does nothing without a teacher; give one"),
    ],
)
def test_a_setting_that_would_do_nothing_is_refused(
    tiny_config: RunConfig, settings: dict[str, Any], key: str, named: str
) -> None:
    with pytest.raises(InputError, match=named):
        tiny_config.replace(**settings).refuse_idle([key])
    tiny_config.replace(**settings).refuse_idle(["epochs", *settings])
