"""Names of splits, as people write them."""

import re

from fer_core.records import TEST, TRAIN, VALIDATION

# The prefixes of the official archive's file names, and the csv's column Usage.
OFFICIAL = {"Training": TRAIN, "PublicTest": VALIDATION, "PrivateTest": TEST}
SPLITS = (TRAIN, VALIDATION, TEST)
_NAMES = {
    **dict.fromkeys(("train", "training"), TRAIN),
    **dict.fromkeys(("validation", "valid", "val", "dev", "publictest"), VALIDATION),
    **dict.fromkeys(("test", "testing", "privatetest"), TEST),
}


def split_named(name: str) -> str:
    """Return the split that a folder's whole name says; empty for another name."""
    return _NAMES.get(name.casefold(), "")


def split_at_beginning(name: str) -> str:
    """Return the split that a name begins with: ``train_img``, ``test-00000.parquet``."""
    return split_named(re.split(r"[-_. ]", name, maxsplit=1)[0])


def split_of_prefix(file_name: str) -> str:
    """Return the split that a file's official prefix says: ``PublicTest_123.jpg``; else empty."""
    prefix, underscore, _ = file_name.partition("_")
    return OFFICIAL.get(prefix, "") if underscore else ""
