"""What docs/results.md says of the leaderboard: ours with the whole protocol, others' claims beside
it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from fer_core.analysis.metrics import wilson_interval
from fer_core.errors import InputError
from fer_core.records import PUBLIC, TEST, VALIDATION

KEYS = (
    *("name", "members", "split", "seeds", "accuracies", "mean", "weights", "averaging"),
    *("test_readings", "machine", "command"),
)
IMAGES = 3589  # in PublicTest, and as many in PrivateTest
BEGIN, END = "<!-- leaderboard -->", "<!-- end of the leaderboard -->"
CURVES = "learning-curves"  # a folder beside the text
SPLITS = {TEST: "PrivateTest", VALIDATION: "PublicTest", PUBLIC: "PublicTest"}


class Claim(NamedTuple):
    """What others say that they reach, as published; not measured here."""

    work: str
    accuracy: str
    made_of: str
    selection: str


CLAIMS = (
    Claim(
        "usef-kh, VGG, 29.9 M",
        "73.28 %",
        "one model, from scratch",
        "its code picks the checkpoint on PrivateTest; users reproduce about 72 %",
    ),
    Claim(
        "LetheSec, ResNet-18, 11.2 M",
        "73.70 %",
        "one model, from scratch",
        "the same: its code swaps the two test splits",
    ),
    Claim(
        "WuJie1010, VGG-19, 20.0 M",
        "73.11 %",
        "one model, from scratch",
        "the best epoch on the test split itself; a user gets 72.6 % choosing on PublicTest",
    ),
    Claim(
        "Residual Masking Network",
        "74.14 %",
        "one model, ImageNet weights, 10 views averaged",
        "not known to us",
    ),
    Claim(
        "Residual Masking Network",
        "76.82 %",
        "ensemble of 7, ImageNet weights",
        "not known to us",
    ),
    Claim(
        "Pramerdorfer & Kampel 2016", "75.2 %", "ensemble of 8, no extra data", "not known to us"
    ),
    Claim(
        "course solution, VGG16-BN, 37.8 M",
        "70.91 % (70.41 % public)",
        "one model",
        "not known to us",
    ),
    Claim(
        "course solution, distilled MobileNet, 103 k",
        "69.6 % (70.5 % public)",
        "one model",
        "not known to us",
    ),
)

PROTOCOL = f"""\
FER2013's own splits: training on Training, every choice on PublicTest (`validation`), PrivateTest
(`test`) only read at the end, {IMAGES:,} images each; no data besides. `weights`: those of the last
epoch, the moving `average` of all, or `best`, the epoch that is best on PublicTest, which flatters
an accuracy on PublicTest, and never one chosen on PrivateTest. `averaging`: over each image's views
(`none`: the image alone). Accuracies are one a seed (of an ensemble one each), with their mean; the
95 % interval (Wilson) of the mean is what {IMAGES:,} images allow to say. `read`: how often any of
the runs and members has read a test split. The entries: [leaderboard.json](leaderboard.json),
written from stored runs by `benchmarks/leaderboard.py`."""


def with_section(
    text: str, entries: Sequence[Mapping[str, Any]], curves: Collection[str] = ()
) -> str:
    """Return the text with the section of these entries between its two marks.

    curves: names of entries whose learning curves are in CURVES.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise InputError(f"the text has no section between {BEGIN} and {END}; write both marks")
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{section(entries, curves)}\n\n{END}{rest.partition(END)[2]}"


def section(entries: Sequence[Mapping[str, Any]], curves: Collection[str] = ()) -> str:
    """Return the section as Markdown."""
    parts = ["## Leaderboard", PROTOCOL]
    if entries:
        header = ("model", "models", "split", "accuracy", "95 %", "a seed each", "seeds", "weights")
        parts.append(_table((*header, "averaging", "read"), [_row(entry) for entry in entries]))
        parts += [_made(entry) for entry in entries]
        parts += [
            f"![Learning curves of {name}, a run a seed]({CURVES}/{name}.svg)"
            for name in dict.fromkeys(entry["name"] for entry in entries)
            if name in curves
        ]
    else:
        parts.append("No entry yet.")
    ours = [
        (f"**{entry['name']}** (ours)", f"{entry['mean']:.2%}", _models(entry), _selection(entry))
        for entry in entries
        if entry["split"] == TEST
    ]
    parts += [
        "### Published claims beside ours",
        "Ours on PrivateTest; others' as they publish them, on what they call test, not measured "
        "here.",
        _table(("work", "accuracy", "of", "how its checkpoint was chosen"), [*ours, *CLAIMS]),
    ]
    return "\n\n".join(parts)


def _row(entry: Mapping[str, Any]) -> tuple[str, ...]:
    low, high = wilson_interval(round(entry["mean"] * IMAGES), IMAGES)
    return (
        f"`{entry['name']}`",
        str(entry["members"]),
        SPLITS[entry["split"]],
        f"{entry['mean']:.2%}",
        f"{low:.2%} to {high:.2%}",
        ", ".join(f"{accuracy:.2%}" for accuracy in entry["accuracies"]),
        ", ".join(map(str, entry["seeds"])),
        entry["weights"],
        entry["averaging"],
        str(entry["test_readings"]),
    )


def _made(entry: Mapping[str, Any]) -> str:
    return (
        f"`{entry['name']}`, {SPLITS[entry['split']]} ({entry['machine']}):\n\n"
        f"```\n{entry['command']}\n```"
    )


def _models(entry: Mapping[str, Any]) -> str:
    seeds = len(entry["accuracies"])
    made_of = f"ensemble of {entry['members']}" if entry["members"] > 1 else "one model"
    return made_of if seeds == 1 else f"{made_of}, mean of {seeds}"


def _selection(entry: Mapping[str, Any]) -> str:
    return {
        "last": "none: the last epoch",
        "average": "none: the average of the weights",
    }.get(entry["weights"], "on PublicTest")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', ' ') for cell in line)} |" for line in lines)
