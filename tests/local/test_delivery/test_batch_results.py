"""What an answer says about a batch: "Implementing partial batch responses", AWS Lambda Developer Guide.

Pure: `test_event_sources.py` shows that the cloud goes by it.
"""

import pytest

from local_cloud.delivery.batch_results import failed_messages

BATCH = ("m1", "m2")


@pytest.mark.parametrize(
    "answer",
    [None, {}, {"batchItemFailures": None}, {"batchItemFailures": []}, {"statusCode": 200}],
    ids=repr,
)
def test_an_empty_answer_means_that_nothing_failed(answer: object) -> None:
    """C3."""
    assert failed_messages(answer, BATCH) == frozenset()


def test_only_the_named_messages_failed() -> None:
    """C3."""
    assert failed_messages({"batchItemFailures": [{"itemIdentifier": "m2"}]}, BATCH) == {"m2"}


@pytest.mark.parametrize(
    "answer",
    [
        "m1",
        "",
        ["m1"],
        7,
        {"batchItemFailures": "m1"},
        {"batchItemFailures": ["m1"]},
        {"batchItemFailures": [{}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": 1}]},
        {"batchItemFailures": [{"itemIdentifier": "elsewhere"}]},
        {"batchItemFailures": [{"messageId": "m1"}]},
        {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": ""}]},
    ],
    ids=repr,
)
def test_an_answer_that_names_no_message_of_the_batch_fails_all_of_it(answer: object) -> None:
    """C3. Otherwise a bug in the consumer would delete what it never wrote."""
    assert failed_messages(answer, BATCH) == set(BATCH)
