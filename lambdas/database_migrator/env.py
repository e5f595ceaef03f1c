"""The environment of the database migrator."""

from dataclasses import dataclass

from medflow_runtime.environment import variables


@dataclass(frozen=True, slots=True)
class Environment:
    cluster_arn: str
    """Aurora cluster of the Data API."""
    secret_arn: str
    """Secrets Manager secret with a database user who may create tables."""
    database_name: str


VARIABLES = variables(Environment)
