import io

import pandas as pd
import pytest

from fer_core import figures
from tests.figures import networks


def build(store, runs, **options):
    return figures.build("architecture_diagram", store, runs, **options)


def names(block):
    return [row.main.name for row in block.rows], [row.main.name for row in block.pools]


def written(built):
    return [text for trace in built.figure.data if trace.mode == "text" for text in trace.text]


def front_faces(built):
    """(left, top, right, bottom) of the rectangles but for the squares of the key."""
    found = []
    for trace in built.figure.data:
        if trace.fill != "toself":
            continue
        corners = []
        for x, y in [*zip(trace.x, trace.y, strict=True), (None, None)]:
            if x is not None:
                corners.append((x, y))
                continue
            xs, ys = {x for x, _ in corners}, {y for _, y in corners}
            if len(corners) == 5 and len(xs) == len(ys) == 2:
                found.append((min(xs), min(ys), max(xs), max(ys)))
            corners = []
    return [face for face in found if face[2] - face[0] != pytest.approx(face[3] - face[1])]


def test_equal_layers_are_one_block_and_poolings_belong_to_it(built_networks):
    [diagram] = build(built_networks, ["d-cnn"]).info.diagrams
    assert diagram.input_shape == (1, 48, 48)
    assert [names(block) for block in diagram.blocks] == [
        (["conv1", "conv2", "conv3"], ["max_pool1"]),
        (["conv4", "conv5", "conv6"], ["max_pool2"]),
        (["conv7", "conv8", "conv9"], ["max_pool3"]),
        (["flatten1"], []),
        (["dense1"], []),
        (["dense2"], []),
    ]


def test_layers_that_differ_in_anything_are_blocks_of_their_own(built_networks):
    [diagram] = build(built_networks, ["e-cnn"]).info.diagrams
    # conv3 and conv4 differ in maps, conv5 and conv6 too, conv6 and conv7 in size and dropout.
    assert [len(block.rows) for block in diagram.blocks] == [1] * 10
    [diagram] = build(built_networks, ["twenty"]).info.diagrams
    assert [len(block.rows) for block in diagram.blocks] == [1] * 21


def test_names_kernels_shapes_and_repeats_are_written(built_networks):
    texts = written(build(built_networks, ["d-cnn"]))
    for text in ("conv1–3", "conv7–9", "5×5", "48×48", "512", "18432", "MaxPool", "2×2", "6×6"):
        assert text in texts
    assert texts.count("× 3") == 3
    texts = written(build(built_networks, ["uneven"]))
    assert {"7×7", "stride 2", "4×4", "stride 3", "33", "8×8", "AvgPool", "1×1"} <= set(texts)


def test_blocks_are_as_high_as_their_maps(built_networks):
    built = build(built_networks, ["d-cnn"], width_mm=170)
    faces = sorted(front_faces(built))
    image, conv1 = faces[0], faces[1]
    height = image[3] - image[1]
    assert conv1[3] - conv1[1] == pytest.approx(height)
    heights = sorted({round((face[3] - face[1]) / height, 3) for face in faces})
    assert {0.125, 0.25, 0.5, 1.0} <= set(heights), "6, 12, 24 and 48 of 48 rows"


@pytest.mark.parametrize("width", [85, 170])
@pytest.mark.parametrize("name", list(networks.ARCHITECTURES))
def test_no_block_lies_on_another_or_outside(built_networks, width, name):
    built = build(built_networks, [name], width_mm=width)
    faces = front_faces(built)
    layout = built.figure.layout
    for left, top, right, bottom in faces:
        assert left >= 0
        assert top >= 0
        assert right <= layout.width
        assert bottom <= layout.height
    for index, a in enumerate(faces):
        for b in faces[:index]:
            apart = min(a[2], b[2]) - max(a[0], b[0]) < 0.01
            assert apart or min(a[3], b[3]) - max(a[1], b[1]) < 0.01
    assert layout.height <= 235 * 96 / 25.4


def test_long_names_are_shortened(built_networks):
    long = "features.dense_block_number_one.dense_layer_number_two.own_module"
    layer = networks.layers("small")[-1]
    own = type(layer)(long, long, "OwnModuleOfALongName", (7,), 0, 0, 0, 0, layer.input_shape)
    with built_networks.start_run("long", config={}, layers=(*networks.layers("small"), own)):
        pass
    texts = written(build(built_networks, ["long"]))
    assert long not in texts
    assert [text for text in texts if text.startswith("fea") and "…" in text]
    built_networks.delete("long")


def test_several_networks_share_one_scale_and_are_named(built_networks):
    built = build(built_networks, ["e-dnn", "fast"], width_mm=170)
    assert {"e-dnn", "fast"} <= set(written(built))
    # Both begin with an image; that of `fast` has 40 rows.
    images = [trace for trace in built.figure.data if trace.fillcolor == "#ffffff"]
    ys = [y for trace in images for y in trace.y if y is not None]
    per_image = len(ys) // 2
    first, second = ys[:per_image], ys[per_image:]
    heights = [max(part[:5]) - min(part[:5]) for part in (first, second)]
    assert heights[1] / heights[0] == pytest.approx(40 / 48)


def test_an_older_run_is_drawn_without_image_and_kernels(built_networks):
    texts = written(build(built_networks, ["old"]))
    assert "image" not in texts
    assert "5×5" not in texts
    assert "conv1–3" in texts


def test_the_csv_is_the_info(built_networks):
    table = pd.read_csv(io.BytesIO(figures.export(build(built_networks, ["d-cnn"]), "csv")))
    assert list(table["layer"]) == [
        "conv1", "max_pool1", "conv4", "max_pool2", "conv7", "max_pool3",
        "flatten1", "dense1", "dense2",
    ]  # fmt: skip
    assert list(table["repeats"]) == [3, 1, 3, 1, 3, 1, 1, 1, 1]
    assert list(table["block"]) == [1, 1, 2, 2, 3, 3, 4, 5, 6]
    assert list(table["output_shape"][:2]) == ["32x48x48", "32x24x24"]
    assert table["kernel"][0] == "5x5"


def test_the_description_goes_from_input_to_output(built_networks):
    summary, line = build(built_networks, ["d-cnn"]).description.split("\n")
    assert "as high as its maps" in summary
    assert line.startswith(
        "d-cnn: image 1 × 48 × 48; conv1 (Conv2d 5×5, LeakyReLU 0.05, BatchNorm2d), 3 times "
        "32 × 48 × 48; max_pool1 (MaxPool2d 2×2, Dropout 0.1) 32 × 24 × 24; "
    )
    assert line.endswith("dense2 (Linear) 7.")
