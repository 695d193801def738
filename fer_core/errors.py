"""The one exception for what a person can put right."""


class InputError(ValueError):
    """The input or the arguments are wrong.

    The message is one line that names the value received and the next thing to try.
    The command line prints it to stderr and exits with code 2; pages show it as it is.
    """
