"""What is wrong with a data set: flags and groups for every image, computed once, at import."""

from collections.abc import Callable, Mapping

from fer_core.data.audit.contrast import black_and_flat
from fer_core.data.audit.flags import flags_of
from fer_core.data.audit.graphics import text_like
from fer_core.data.audit.identical import identical_groups, twins
from fer_core.data.audit.near import near_groups
from fer_core.data.audit.rows import Rows
from fer_core.fingerprints import dataset_fingerprint, split_fingerprint
from fer_core.records import DatasetArrays, SplitArrays

__all__ = ["audited", "identical_groups", "twins"]

Progress = Callable[[int, int], None]  # (done, total)
# The time that the search for near-identical images takes, as a multiple of the rest's.
_SEARCH = 2


def audited(
    form: str,
    splits: Mapping[str, SplitArrays],
    *,
    synthetic: bool = False,
    progress: Progress | None = None,
) -> DatasetArrays:
    """Put a data set together: its fingerprints, and what the audit finds in its images.

    `progress` is told (done, total).
    """
    fingerprints = {
        name: split_fingerprint(split.images, split.labels) for name, split in splits.items()
    }
    rows = Rows({name: split.images for name, split in splits.items()})
    total = len(rows) * (1 + _SEARCH)

    black, flat = rows.empty(bool), rows.empty(bool)
    graphic = rows.empty(bool)
    for part, images in rows.blocks():
        black[part], flat[part] = black_and_flat(images)
        graphic[part] = text_like(images) & ~(black[part] | flat[part])
        if progress:
            progress(part.stop, total)
    groups = identical_groups(splits)
    identical = rows.joined(groups)

    def searched(share: float) -> None:
        if progress:
            progress(round(len(rows) * (1 + share * _SEARCH)), total)

    near = near_groups(rows, identical, leave_out=black | flat, progress=searched)
    return DatasetArrays(
        form=form,
        splits=splits,
        identical_groups=groups,
        near_groups=rows.split(near),
        flags=rows.split(
            flags_of(
                black=black,
                flat=flat,
                text_like=graphic,
                identical=identical,
                near=near,
                labels=rows.joined({name: split.labels for name, split in splits.items()}),
                splits=rows.split_numbers,
            )
        ),
        fingerprints=fingerprints,
        fingerprint=dataset_fingerprint(fingerprints),
        synthetic=synthetic,
    )
