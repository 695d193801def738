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
        ("architecture", "vgg", "architecture is 'vgg'"),
        (
            "drop",
            "black,blurred",
            "drop is 'black,blurred': no finding 'blurred'; use some of black",
        ),
    ],
)
def test_a_wrong_setting_is_named(tiny_config: RunConfig, key: str, value: Any, named: str) -> None:
    with pytest.raises(InputError, match=named.replace(".", r"\.")) as caught:
        tiny_config.replace(**{key: value})
    assert "\n" not in str(caught.value)
