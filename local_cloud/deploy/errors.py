"""What can go wrong in a deployment, each with a text that a person can act upon."""


class ConfigurationError(Exception):
    """Pulumi.yaml, the stack file or an override cannot be used; the message names the file and the key."""


class TranslationError(Exception):
    """A resource type, property or provider function that the deployer does not know, or a value AWS would refuse."""


class ResourceError(Exception):
    """A resource could not be created. `str()` is "<type> <name>: <reason>", with AWS's own words where it said no."""

    def __init__(self, type_: str, name: str, reason: str) -> None:
        super().__init__(f"{type_} {name}: {reason}")
        self.type = type_
        self.name = name
