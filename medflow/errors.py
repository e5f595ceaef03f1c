"""What the operator's commands raise on purpose."""


def not_writable(error: OSError) -> "OperatorError":
    """For a run-time directory of which nothing can be made."""
    return OperatorError(f"cannot write {error.filename}: {error.strerror}; choose another place with --directory")


class OperatorError(Exception):
    """A command cannot do what it was asked. The text is one line that names the cause and what to do about it."""
