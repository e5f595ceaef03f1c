"""The environment of the sign-up consumer."""

from dataclasses import dataclass

from medflow_runtime.environment import variables


@dataclass(frozen=True, slots=True)
class Environment:
    cluster_arn: str
    """Aurora cluster of the Data API."""
    secret_arn: str
    """Secrets Manager secret with the database user."""
    database_name: str
    dead_letter_queue_url: str
    """Where messages go that can never succeed."""
    max_receive_count: int
    """Deliveries after which the queue itself would dead-letter a message, without a reason."""


VARIABLES = variables(Environment)
