"""Carries out the verdict on each message: reports it done, dead-letters it, or leaves it on the queue."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from signup_consumer.events import DeadLetters
from signup_consumer.planning import DeadLetter, Done, Plan, Reason, TryAgain, Verdict


class NotSettledError(Exception):
    """The message stays on the queue; Powertools reports it in `batchItemFailures`."""


class Settlement:
    """Record handler of one batch."""

    def __init__(
        self,
        plan: Plan,
        verdicts: dict[str, Verdict],
        dead_letters: DeadLetters,
        max_receive_count: int,
        logger: Logger,
    ) -> None:
        self._verdicts, self._correlation_ids = verdicts, plan.correlation_ids
        self._dead_letters, self._max_receive_count, self._logger = dead_letters, max_receive_count, logger

    def __call__(self, record: SQSRecord) -> None:
        """Settle one message. Raises whatever keeps it on the queue."""
        ids = {"correlation_id": self._correlation_ids[record.message_id], "message_id": record.message_id}
        verdict = self._verdicts[record.message_id]
        if isinstance(verdict, TryAgain) and self._is_last_delivery(record):
            verdict = DeadLetter(Reason.RETRIES_EXHAUSTED, verdict.cause)
        match verdict:
            case Done(outcome):
                self._logger.info("sign-up stored", extra={"outcome": outcome, **ids})
            case DeadLetter(reason, detail):
                self._dead_letters.send(record, verdict)
                self._logger.error("sign-up dead-lettered", extra={"reason": reason, "detail": detail, **ids})
            case TryAgain(cause):
                self._logger.warning("sign-up left on the queue", extra={"cause": cause, **ids})
                raise NotSettledError(cause)

    def _is_last_delivery(self, record: SQSRecord) -> bool:
        return int(record.attributes.approximate_receive_count) >= self._max_receive_count
