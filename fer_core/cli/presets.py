"""``fer-core presets``: the architectures and recipes that come with the product."""

from typing import Annotated

import typer
from rich.table import Table

from fer_core.cli.output import print_json, stdout

app = typer.Typer(help="List the presets, or show one layer by layer.")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command("list")
def list_(json: Json = False) -> None:
    """List the presets.

    Example: fer-core presets list
    """
    from fer_core.models import preset_description, preset_names

    if json:
        print_json([{"name": n, "description": preset_description(n)} for n in preset_names()])
        return
    table = Table("preset", "what it is")
    for name in preset_names():
        table.add_row(name, preset_description(name))
    stdout.print(table)


@app.command()
def show(preset: str, json: Json = False) -> None:
    """Show layers, output shapes and parameters of a preset, or of a checked FILE.py:CLASS.

    Example: fer-core presets show e-cnn --json
    """
    from fer_core.models import build, check_own, input_side, layer_table, preset_config

    config = preset_config(preset, data="")
    check_own(config)
    layers = layer_table(build(config.architecture), input_side(config.architecture))
    trainable = sum(layer.trainable for layer in layers)
    non_trainable = sum(layer.non_trainable for layer in layers)
    if json:
        recipe = config.to_dict()
        for key in ("preset", "architecture", "data"):
            del recipe[key]
        print_json(
            {
                "name": preset,
                "parameters": {
                    "total": trainable + non_trainable,
                    "trainable": trainable,
                    "non_trainable": non_trainable,
                },
                "layers": [
                    {
                        "name": layer.name,
                        "type": layer.type,
                        "output_shape": list(layer.output_shape),
                        "parameters": layer.parameters,
                    }
                    for layer in layers
                ],
                "recipe": recipe,
            }
        )
        return
    table = Table("layer", "type", "output shape", title=preset)
    table.add_column("parameters", justify="right")
    for layer in layers:
        shape = " x ".join(map(str, layer.output_shape))
        table.add_row(layer.name, layer.type, shape, f"{layer.parameters:,}")
    stdout.print(table)
    stdout.print(
        f"{trainable + non_trainable:,} parameters: {trainable:,} trainable, {non_trainable:,} not"
    )
