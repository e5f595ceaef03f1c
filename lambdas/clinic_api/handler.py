"""Answers the API's requests. Event: HTTP API payload 2.0, behind a JWT authorizer but for `GET /api/health`.

Fails closed: a caller without clinic, and a clinic that is not the caller's, get 403 whatever exists. Budget: an HTTP
API waits 30 s; the database is given what is left of the function's timeout.
"""

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from clinic_api.env import Environment
from clinic_api.routes import application
from medflow_runtime.data_api import connect
from medflow_runtime.environment import parse
from medflow_runtime.logs import logger_for

STATEMENT_SECONDS = 8

ENVIRONMENT = parse(Environment, "clinic_api", os.environ)
LOGGER = logger_for("clinic_api")
DATABASE = connect(ENVIRONMENT.cluster_arn, ENVIRONMENT.secret_arn, ENVIRONMENT.database_name, STATEMENT_SECONDS)
APPLICATION = application(DATABASE, LOGGER, ENVIRONMENT.resource_server)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    LOGGER.set_correlation_id(context.aws_request_id)
    return APPLICATION.resolve(event, context)
