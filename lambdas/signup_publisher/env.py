"""The environment of the sign-up publisher."""

import os
from dataclasses import dataclass
from functools import cache

from medflow_runtime.environment import parse, variables


@dataclass(frozen=True, slots=True)
class Environment:
    event_bus_name: str
    """Bus that gets `user.registered`."""
    fallback_queue_url: str
    """Queue of the consumer, sent to directly when the bus cannot be reached."""


VARIABLES = variables(Environment)


@cache
def environment() -> Environment:
    """Parsed at first use, not at start-up: a trigger that fails to start would hold the user up."""
    return parse(Environment, "signup_publisher", os.environ)
