"""What the operator's commands raise on purpose."""


class OperatorError(Exception):
    """A command cannot do what it was asked. The text is one line that names the cause and what to do about it."""
