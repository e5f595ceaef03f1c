"""The environment of the clinic API."""

from dataclasses import dataclass

from medflow_runtime.environment import variables


@dataclass(frozen=True, slots=True)
class Environment:
    cluster_arn: str
    """Aurora cluster of the Data API."""
    secret_arn: str
    """Secrets Manager secret with the database user."""
    database_name: str
    resource_server: str
    """Identifier before the slash of every scope, such as `medflow`."""


VARIABLES = variables(Environment)
