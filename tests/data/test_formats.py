"""Whatever is written comes back; whatever is damaged is refused in one line or read."""

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from fer_core.data.formats import READERS, read
from fer_core.data.importer import import_data
from fer_core.errors import InputError
from fer_core.records import IMAGE_SIZE, TEST, TRAIN, VALIDATION, SplitArrays

from .writers import (
    csv_text,
    encoded,
    member,
    members_of,
    random_splits,
    write_folder,
    write_zip,
)

same_folder = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30
)


@st.composite
def splits(draw: st.DrawFn) -> dict[str, SplitArrays]:
    """Noise, black or half-black images in any of the three splits, at least one image."""
    counts = draw(
        st.fixed_dictionaries(dict.fromkeys((TRAIN, VALIDATION, TEST), st.integers(0, 4))).filter(
            lambda counts: any(counts.values())
        )
    )
    found = random_splits(counts, draw(st.integers(0, 1000)))
    for split in found.values():
        split.images[draw(st.integers(0, 4)) :: 3, : draw(st.integers(0, 48))] = 0
    return {name: split for name, split in found.items() if len(split.images)}


@same_folder
@given(splits=splits(), top=st.sampled_from(["", "top/", "a b/"]))
def test_lossless_forms_bring_back_the_same_arrays_and_fingerprints(
    tmp_path_factory: pytest.TempPathFactory, splits: dict[str, SplitArrays], top: str
) -> None:
    folder = tmp_path_factory.mktemp("forms")
    members = members_of(splits, top)
    (folder / "a.csv").write_text(csv_text(splits))
    written = {
        "fer2013-csv": folder / "a.csv",
        "kaggle-archive": write_zip(folder / "a.zip", members),
        "kaggle-archive ": write_folder(folder / "unpacked", members),
    }
    datasets = {name: import_data(path) for name, path in written.items()}
    for name, dataset in datasets.items():
        assert dataset.form == name.strip()
        assert not dataset.synthetic
        assert set(dataset.splits) == set(splits)
        for split, arrays in splits.items():
            assert np.array_equal(dataset.splits[split].images, arrays.images)
            assert np.array_equal(dataset.splits[split].labels, arrays.labels)
    assert len({dataset.fingerprint for dataset in datasets.values()}) == 1


def valid_csv(random: np.random.Generator) -> bytes:
    return csv_text(random_splits(seed=int(random.integers(100)))).encode()


def valid_zip(random: np.random.Generator) -> bytes:
    buffer = io.BytesIO()
    packing = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED][random.integers(2)]
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, content in members_of(random_splits({TRAIN: 3, TEST: 2})).items():
            archive.writestr(name, content)
    return buffer.getvalue()


def valid_image(random: np.random.Generator) -> bytes:
    pixels = random.integers(0, 256, (48, 48, 3), dtype=np.uint8)
    mode = ["L", "RGB", "P", "1", "LA", "RGBA"][random.integers(6)]
    image = Image.fromarray(pixels).convert(mode)
    kind = "JPEG" if mode in ("L", "RGB") and random.integers(2) else "PNG"
    return encoded(image, kind)


def mutated(content: bytes, random: np.random.Generator) -> bytes:
    """Change a few bytes, cut, repeat or insert: one to four times."""
    data = bytearray(content)
    for _ in range(random.integers(1, 5)):
        if not data:
            break
        at = int(random.integers(len(data)))
        end = at + int(random.integers(1, 40))
        match random.integers(6):
            case 0:
                data[at] = int(random.integers(256))
            case 1:
                data[at] ^= 1 << int(random.integers(8))
            case 2:
                del data[at:end]
            case 3:
                del data[at:]
            case 4:
                data[at:at] = data[at:end]
            case 5:
                data[at:end] = random.bytes(end - at)
    return bytes(data)


def read_or_refuse(path: Path) -> bool:
    """Read; True for a sound data set, False for a refusal in one line; else the test fails."""
    try:
        found = read(path).splits
    except InputError as error:
        message = str(error)
    else:
        return sound(found)
    assert message.isprintable()
    assert message.startswith(str(path))
    assert len(message) < 800
    return False


def sound(found: Mapping[str, SplitArrays]) -> bool:
    """Check what a reader returned."""
    assert found
    for split in found.values():
        assert split.images.shape == (len(split.labels), IMAGE_SIZE, IMAGE_SIZE)
        assert split.images.dtype == np.uint8
        assert len(split.names) == len(split.labels) > 0
        assert set(split.labels.tolist()) <= set(range(7))
    return True


@pytest.mark.parametrize("make", [valid_csv, valid_zip, valid_image])
@settings(same_folder, max_examples=250)
@given(seed=st.integers(0, 2**32 - 1))
@example(seed=0)
def test_damaged_bytes_are_read_or_refused_in_one_line(
    tmp_path: Path, make: Callable[[np.random.Generator], bytes], seed: int
) -> None:
    random = np.random.default_rng(seed)
    content = mutated(make(random), random)
    path = tmp_path / "damaged"
    if make is valid_image:
        write_zip(path, {member(TRAIN, 3, 1): content})
    else:
        path.write_bytes(content)
    read_or_refuse(path)


@pytest.mark.parametrize("make", [valid_csv, valid_zip, valid_image])
def test_undamaged_bytes_are_read(
    tmp_path: Path, make: Callable[[np.random.Generator], bytes]
) -> None:
    for seed in range(12):
        content = make(np.random.default_rng(seed))
        path = tmp_path / "sound"
        if make is valid_image:
            write_zip(path, {member(TRAIN, 3, 1): content})
        else:
            path.write_bytes(content)
        assert read_or_refuse(path)


@same_folder
@given(content=st.binary(min_size=1, max_size=300))
@example(content=b"PK")
@example(content=b"PK\x05\x06" + bytes(18))
@example(content=b"emotion,pixels,Usage")
@example(content=b"\xff\xd8\xff")
def test_any_bytes_are_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "anything"
    path.write_bytes(content)
    assert not read_or_refuse(path)


def test_readers_have_their_own_names_and_say_what_they_expect() -> None:
    assert len({reader.name for reader in READERS}) == len(READERS)
    assert all(reader.expects for reader in READERS)


def test_more_than_fits_in_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*shape: object) -> np.ndarray:
        raise MemoryError

    path = tmp_path / "a.csv"
    path.write_text(csv_text(random_splits()))
    monkeypatch.setattr("fer_core.data.readers.pixel_csv.np.empty", full)
    with pytest.raises(InputError, match=r"a\.csv: more than fits in memory; import a part"):
        read(path)
