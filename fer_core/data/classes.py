"""Class names as people write them, and what ``--classes`` says of others and of numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fer_core.data.sources import quoted
from fer_core.errors import InputError
from fer_core.records import CLASS_NAMES

LEFT_OUT = -2  # the index of a class whose images are not imported
_NONE = "none"

_SYNONYMS = (
    "angry anger 生氣 生气 憤怒 愤怒 發怒 发怒 怒",
    "disgust disgusted 厭惡 厌恶 嫌惡 嫌恶 噁心 恶心 反感",
    "fear fearful afraid scared 恐懼 恐惧 害怕 懼怕 惧怕 恐慌",
    "happy happiness joy joyful 高興 高兴 快樂 快乐 開心 开心 喜悅 喜悦",
    "sad sadness 難過 难过 悲傷 悲伤 傷心 伤心 悲哀",
    "surprise surprised 驚訝 惊讶 吃驚 吃惊 驚奇 惊奇 訝異 讶异",
    "neutral 中立 中性 平靜 平静 無表情 无表情",
)
_BY_NAME = {name: index for index, names in enumerate(_SYNONYMS) for name in names.split()}

_OFFICIAL = tuple(range(len(CLASS_NAMES)))
_ORDERS = {
    "official": _OFFICIAL,
    "alphabetical": tuple(sorted(_OFFICIAL, key=CLASS_NAMES.__getitem__)),
}


class UnknownClassError(ValueError):
    """A class that nothing tells; its text is the reason and the next step."""


def class_index(name: str) -> int | None:
    """Return the official index, 0 to 6, of a class by its name; None for an unknown one.

    Never by position: folders and many copies list the classes alphabetically.
    """
    return _BY_NAME.get(_folded(name))


def known_names() -> str:
    """Return the names for an error's line: ``angry, disgust, ...``."""
    return ", ".join(name.lower() for name in CLASS_NAMES)


@dataclass(frozen=True)
class Classes:
    """Which class a name or a number stands for.

    names: further names (and numbers, as texts) to indices; numbers: the index of each number
    from 0 on, empty where nothing tells. An index is 0 to 6, or LEFT_OUT.
    """

    names: Mapping[str, int] = field(default_factory=dict)
    numbers: tuple[int, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Classes":
        """Read ``--classes``: items between commas.

        ``official`` or ``alphabetical`` give the order of the seven numbers; a list of classes
        gives the order of any numbers, from 0 on; ``name=class`` gives a further name or a single
        number. ``none`` in a class's place leaves it out. Raises InputError for anything else.
        """
        names: dict[str, int] = {}
        order: list[str] = []
        for item in text.split(",") if text else ():
            name, equals, target = item.partition("=")
            if equals:
                names[_folded(name)] = _target(target)
            else:
                order.append(_folded(item))
        if len(order) == 1 and order[0] in _ORDERS:
            return cls(names, _ORDERS[order[0]])
        return cls(names, tuple(map(_target, order)))

    def with_official_numbers(self) -> "Classes":
        """Return these classes for a form whose numbers are the official ones."""
        return self if self.numbers else replace(self, numbers=_OFFICIAL)

    def knows(self, name: str) -> bool:
        """Say whether a name, or a number, can stand for a class."""
        return _folded(name) in self.names or class_index(name) is not None or _is_number(name)

    def index(self, name: str) -> int:
        """Return the class's index, or LEFT_OUT; raises UnknownClassError."""
        folded = _folded(name)
        if folded in self.names:
            return self.names[folded]
        if _is_number(folded):
            return self._numbered(int(folded))
        index = class_index(folded)
        if index is None:
            shown = quoted(name, 40)
            pair = f"--classes {shown}=CLASS" if shown == name else "--classes NAME=CLASS"
            numbers = f"0 to {len(self.numbers) - 1}, or " if self.numbers else ""
            reason = f"class '{shown}' is unknown; use {numbers}{known_names()}"
            raise UnknownClassError(f"{reason}, or say which it is: {pair} (or =none)")
        return index

    def _numbered(self, number: int) -> int:
        if not self.numbers:
            reason = f"class {number} is a number, and people number the classes in two orders"
            raise UnknownClassError(
                f"{reason}; add --classes official (4 sad, 5 surprise, 6 neutral) or "
                "--classes alphabetical (4 neutral, 5 sad, 6 surprise)"
            )
        if number >= len(self.numbers):
            last = len(self.numbers) - 1
            raise UnknownClassError(
                f"class {number}; use 0 to {last}, or say which it is: --classes {number}=CLASS"
            )
        return self.numbers[number]


def _folded(name: str) -> str:
    return name.strip().casefold()


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) < 10


def _target(name: str) -> int:
    if _folded(name) == _NONE:
        return LEFT_OUT
    index = class_index(name)
    if index is None:
        alternatives = f"official, alphabetical, or classes: {known_names()}, {_NONE}"
        raise InputError(f"--classes: '{quoted(name, 40)}' is no class; use {alternatives}")
    return index
