import pytest

from fer_core.errors import InputError
from fer_core.models import build, layer_table, preset_config, preset_description, preset_names

# Total and trainable, as the reports count them; fast is ours.
PARAMETERS = {
    "e-cnn": (10_607_815, 10_607_815),
    "e-dnn": (3_386_503, 3_386_503),
}


def test_every_preset_is_known_here() -> None:
    assert set(preset_names()) == {*PARAMETERS, "fast"}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_the_reports(name: str) -> None:
    layers = layer_table(build(preset_config(name, data="d").architecture))
    total = sum(layer.parameters for layer in layers)
    assert (total, sum(layer.trainable for layer in layers)) == PARAMETERS[name]


def test_report_e_flattens_to_9216() -> None:
    layers = {layer.name: layer for layer in layer_table(build(_architecture("e-cnn")))}
    assert layers["flatten1"].output_shape == (9216,)
    assert [layers[f"conv{n}"].output_shape[0] for n in range(1, 8)] == [
        32, 64, 64, 128, 128, 256, 256,
    ]  # fmt: skip


@pytest.mark.parametrize("name", preset_names())
def test_settings_override_the_recipe(name: str) -> None:
    config = preset_config(name, data="faces", epochs=3)
    assert (config.preset, config.data, config.epochs) == (name, "faces", 3)
    assert preset_description(name)


def test_an_unknown_preset_is_named_with_the_others() -> None:
    with pytest.raises(InputError, match="no preset 'vgg'; use one of e-cnn, e-dnn, fast"):
        preset_config("vgg", data="d")


def _architecture(name: str) -> dict:
    return dict(preset_config(name, data="d").architecture)
