"""Writes registered users to PostgreSQL. Event: a batch of SQS messages, each an EventBridge envelope.

Fails closed, message by message: what is not stored is dead-lettered with a reason or stays on the queue. Budget: the
function's timeout, less what settling the batch takes.
"""

import os
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from medflow_runtime.data_api import connect
from medflow_runtime.environment import parse
from medflow_runtime.logs import logger_for
from signup_consumer.env import Environment
from signup_consumer.events import dead_letters
from signup_consumer.planning import plan
from signup_consumer.settlement import Settlement
from signup_consumer.store import UserStore

SETTLING_SECONDS = 5
STATEMENT_SECONDS = 10

ENVIRONMENT = parse(Environment, "signup_consumer", os.environ)
LOGGER = logger_for("signup_consumer")
DATABASE = connect(ENVIRONMENT.cluster_arn, ENVIRONMENT.secret_arn, ENVIRONMENT.database_name, STATEMENT_SECONDS)
DEAD_LETTERS = dead_letters(ENVIRONMENT.dead_letter_queue_url)
PROCESSOR = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    batch = plan(event["Records"])
    stored = UserStore(DATABASE).write(batch.rows, DATABASE.deadline(context, SETTLING_SECONDS))
    settle = Settlement(batch, batch.verdicts | stored, DEAD_LETTERS, ENVIRONMENT.max_receive_count, LOGGER)
    return process_partial_response(event=event, record_handler=settle, processor=PROCESSOR, context=context)
