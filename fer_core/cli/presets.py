"""``fer-core presets``: the architectures and recipes that come with the product, or one's own."""

import dataclasses
from typing import Annotated

import typer
from rich.table import Table

from fer_core.cli.matching import MatchBy, MatchParameters, matched
from fer_core.cli.output import print_json, stdout
from fer_core.config import SOURCES, RunConfig
from fer_core.errors import InputError

app = typer.Typer(help="List the presets, or show one layer by layer.")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
_NO_RECIPE = ("preset", "architecture", "data", "sources")


@app.command("list")
def list_(json: Json = False) -> None:
    """List the presets with their parameters.

    Example: fer-core presets list
    """
    from fer_core.models import parameter_count, preset_config, preset_description, preset_names

    presets = [
        (name, preset_description(name), parameter_count(preset_config(name, data="")))
        for name in preset_names()
    ]
    if json:
        keys = ("name", "description", "parameters")
        print_json([dict(zip(keys, preset, strict=True)) for preset in presets])
        return
    table = Table("preset", "what it is")
    table.add_column("parameters", justify="right")
    for name, description, parameters in presets:
        table.add_row(name, description, f"{parameters:,}")
    stdout.print(table)


@app.command()
def show(
    preset: Annotated[
        str, typer.Argument(help="A preset, the path of a .toml file, or FILE.py:CLASS.")
    ],
    match_parameters: MatchParameters = "",
    match_by: MatchBy = "width",
    toml: Annotated[
        bool, typer.Option("--toml", help="Print the file, to change it: train takes its path.")
    ] = False,
    json: Json = False,
) -> None:
    """Show a preset's layers, output shapes, parameters, and where its recipe comes from.

    Example: fer-core presets show e-cnn --json
    """
    from fer_core.models import (
        check_own,
        input_side,
        layer_table,
        network_for,
        preset_config,
        preset_text,
    )

    config = preset_config(preset, data="")
    if toml:
        if json or match_parameters:
            raise InputError("--toml prints the file as it is: leave --json and matching out")
        typer.echo(preset_text(preset), nl=False)
        return
    config = matched(config, match_parameters, by=match_by)
    check_own(config)
    layers = layer_table(network_for(config), input_side(config.architecture))
    trainable = sum(layer.trainable for layer in layers)
    non_trainable = sum(layer.non_trainable for layer in layers)
    if json:
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
                "recipe": {k: v for k, v in config.to_dict().items() if k not in _NO_RECIPE},
                "sources": dict(config.sources),
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
    for source, fields in _by_source(config).items():
        stdout.print(f"{source}: {', '.join(fields)}")


def _by_source(config: RunConfig) -> dict[str, list[str]]:
    """Return the fields that each source has; settings of the recipe with their values."""
    settings = {f.name: f.default for f in dataclasses.fields(config) if f.name not in _NO_RECIPE}
    found: dict[str, list[str]] = {source: [] for source in (*SOURCES, "unmarked")}
    for field, source in config.sources.items():
        value = getattr(config, field, None)
        found[source].append(field if value is None else f"{field} {value}")
    for field, default in settings.items():
        if field not in config.sources and getattr(config, field) != default:
            found["unmarked"].append(f"{field} {getattr(config, field)}")
    return {source: fields for source, fields in found.items() if fields}
