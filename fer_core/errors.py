"""The exceptions for what a person can put right."""

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fer_core.translation import Translate


class InputError(ValueError):
    """The input or the arguments are wrong.

    The message is one line that names the value received and the next thing to try.
    The command line prints it to stderr and exits with code 2; pages show it as it is.
    """


class NotStored(InputError):  # noqa: N818 - a state of the store, not a fault
    """What is asked for is not in the store yet, and a command makes it.

    what: writes the sentence, without its command, in the language of a translator (the error's
    own is English); command: the arguments of ``fer-core``.
    """

    def __init__(
        self,
        what: "Callable[[Translate], str]",
        command: tuple[str, ...],
        *,
        make: str = "make them with",
    ) -> None:
        super().__init__(f"{what(str)}; {make}: {shlex.join(['fer-core', *command])}")
        self.what = what
        self.command = command
