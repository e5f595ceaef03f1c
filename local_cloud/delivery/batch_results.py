"""What a function's answer says about the messages of its batch. Pure: no emulator, no clock.

("Implementing partial batch responses", section "Success and failure conditions", AWS Lambda Developer Guide.)
"""

from collections.abc import Collection
from typing import Any


def failed_messages(answer: Any, message_ids: Collection[str]) -> frozenset[str]:
    """Ids of the messages to deliver again, from the decoded answer of a function with ReportBatchItemFailures.

    Nothing failed when the answer or its `batchItemFailures` is absent, null or empty. The whole batch failed when the
    answer is no JSON object, or any `itemIdentifier` is absent, null, empty or no id of this batch.
    """
    whole_batch = frozenset(message_ids)
    if answer is None:
        return frozenset()
    failures = (answer.get("batchItemFailures") or []) if isinstance(answer, dict) else None
    if not isinstance(failures, list) or not all(isinstance(failure, dict) for failure in failures):
        return whole_batch
    failed = [failure.get("itemIdentifier") for failure in failures]
    if not all(isinstance(identifier, str) and identifier in whole_batch for identifier in failed):
        return whole_batch
    return frozenset(failed)
