"""Applies pending migrations. Event: `{"build_digest": "..."}`, whose change makes a deployment invoke it again.

Fails closed: on any failure nothing is applied and the deployment stops. Budget: the function's timeout; a database
that resumes from its pause is waited for.
"""

import os
from pathlib import Path
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from database_migrator.env import Environment
from database_migrator.store import MigrationStore
from database_migrator.versions import load
from medflow_runtime.data_api import connect
from medflow_runtime.environment import parse
from medflow_runtime.logs import logger_for

RESERVE_SECONDS = 5
STATEMENT_SECONDS = 50
"""Longer than the 45 s after which the Data API itself ends a statement ("Limitations with the Data API")."""

ENVIRONMENT = parse(Environment, "database_migrator", os.environ)
LOGGER = logger_for("database_migrator")
DATABASE = connect(ENVIRONMENT.cluster_arn, ENVIRONMENT.secret_arn, ENVIRONMENT.database_name, STATEMENT_SECONDS)
MIGRATIONS = load(Path(__file__).parent / "migrations")


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    LOGGER.set_correlation_id(context.aws_request_id)
    applied = MigrationStore(DATABASE).apply(MIGRATIONS, DATABASE.deadline(context, RESERVE_SECONDS))
    LOGGER.info("database migrated", applied=applied, build_digest=event.get("build_digest"))
    return {"applied": applied, "version": len(MIGRATIONS)}
