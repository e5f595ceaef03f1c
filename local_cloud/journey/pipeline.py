"""The sign-up pipeline when things go wrong: the same event again, a poison event, a conflict, and the way back."""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from local_cloud.journey.traveller import Traveller
from local_cloud.journey.wire import JourneyError, expect, poll

if TYPE_CHECKING:
    from types_boto3_sqs.literals import QueueAttributeNameType

SOURCE = "medflow.identity"
DETAIL_TYPE = "user.registered"

UNKNOWN_VERSION = 99
"""A schema version from the future."""

WAITING: "tuple[QueueAttributeNameType, ...]" = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
"""The queue attributes that together count every message still in a queue."""


def replay_event(traveller: Traveller) -> str:
    """C4. The archive sends the user's event once more; the row stays as it is, and stays alone."""
    before = traveller.rows_of(traveller.user_id)
    replay_archive(traveller)
    after = traveller.rows_of(traveller.user_id)
    expect(len(after) == 1, f"the user has {len(after)} rows")
    expect(after == before, "the row changed: " + ", ".join(k for k in after[0] if after[0][k] != before[0][k]))
    return "archive replayed: one row, unchanged"


def restore_row(traveller: Traveller) -> str:
    """C2. A lost row comes back; which also shows that the replay before did send the event."""
    traveller.query("DELETE FROM users WHERE cognito_id = %s", [traveller.user_id])
    replay_archive(traveller)
    rows = traveller.rows_of(traveller.user_id)
    expect([row["email"] for row in rows] == [traveller.email], f"the user has {len(rows)} rows")
    return "row deleted, archive replayed: the row is back"


def dead_letter_poison(traveller: Traveller) -> str:
    """C3 H2. An event nobody can read is kept, with the reason, and blocks nothing."""
    poison = registered(traveller, cognito_id=str(uuid.uuid4()), email=f"poison.{traveller.email}")
    put_on_bus(traveller, poison | {"schema_version": UNKNOWN_VERSION})
    message = dead_letter_of(traveller, poison["event_id"])
    expect(message.reason == "UNKNOWN_VERSION", f"the dead letter's reason is {message.reason}, not UNKNOWN_VERSION")
    # The journey has read it, and nothing will ever make it valid: an operator would delete it too.
    traveller.sqs.delete_message(
        QueueUrl=traveller.connection.output("signup_dead_letter_queue_url"), ReceiptHandle=message.receipt_handle
    )
    return f"schema version {UNKNOWN_VERSION} is in the dead-letter queue: {message.reason}"


def dead_letter_conflict(traveller: Traveller) -> str:
    """C3 C4. A second user with the e-mail of another is not written over the first, and not lost."""
    traveller.contested_email = f"shared.{traveller.email}"
    traveller.former_owner_id, traveller.new_owner_id = str(uuid.uuid4()), str(uuid.uuid4())
    put_on_bus(traveller, registered(traveller, traveller.former_owner_id, traveller.contested_email))
    poll(lambda: traveller.rows_of(traveller.former_owner_id) or None, "the row of the e-mail's first owner")
    newcomer = registered(traveller, traveller.new_owner_id, traveller.contested_email)
    put_on_bus(traveller, newcomer)
    message = dead_letter_of(traveller, newcomer["event_id"])
    release(traveller, message)
    expected = "EMAIL_BELONGS_TO_ANOTHER_USER"
    expect(message.reason == expected, f"the dead letter's reason is {message.reason}, not {expected}")
    expect(traveller.contested_email not in message.detail, "the dead letter's detail names the e-mail address")
    expect(not traveller.rows_of(traveller.new_owner_id), "the conflicting user was written nevertheless")
    return f"in the dead-letter queue: {message.reason}"


def redrive_conflict(traveller: Traveller) -> str:
    """C2 H2. The operator settles the conflict and redrives; the user's row lands."""
    traveller.query(
        "UPDATE users SET email = %s WHERE cognito_id = %s",
        [f"former.{traveller.contested_email}", traveller.former_owner_id],
    )
    moved = traveller.redrive(traveller.connection)
    expect(moved > 0, "the redrive moved no message")
    [row] = poll(lambda: traveller.rows_of(traveller.new_owner_id) or None, "the redriven user's row")
    expect(row["email"] == traveller.contested_email, f"the redriven row's e-mail is {row['email']}")
    return f"{moved} message{'s' if moved > 1 else ''} redriven, the row is there"


def replay_archive(traveller: Traveller) -> None:
    """Replay what happened since the journey began, and wait until the consumer has worked it off."""
    archive = traveller.events.describe_archive(ArchiveName=traveller.connection.output("event_archive_name"))
    name = f"journey-{uuid.uuid4().hex}"
    traveller.events.start_replay(
        ReplayName=name,
        EventSourceArn=archive["ArchiveArn"],
        EventStartTime=traveller.started_at - timedelta(minutes=1),
        EventEndTime=datetime.now(UTC) + timedelta(minutes=1),
        Destination={"Arn": archive["EventSourceArn"]},
    )
    poll(
        lambda: traveller.events.describe_replay(ReplayName=name)["State"] == "COMPLETED" or None,
        "the end of the archive's replay",
    )
    poll(lambda: messages_in(traveller, "signup_queue_url") == 0 or None, "an empty sign-up queue after the replay")


class DeadLetter:
    """One message of the dead-letter queue. The reason and detail are message attributes set by the consumer."""

    def __init__(self, message: Mapping[str, Any]) -> None:
        attributes = {key: value.get("StringValue", "") for key, value in message.get("MessageAttributes", {}).items()}
        self.body: str = message["Body"]
        self.receipt_handle: str = message["ReceiptHandle"]
        self.reason: str = attributes.get("reason", "none")
        self.detail: str = attributes.get("detail", "")


def registered(traveller: Traveller, cognito_id: str, email: str) -> dict[str, Any]:
    """The detail of a `user.registered` event, schema version 1, for a user of the traveller's clinic."""
    return {
        "schema_version": 1,
        "event_id": str(uuid.uuid4()),
        "occurred_at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "correlation_id": f"journey-{cognito_id}",
        "user_pool_id": traveller.pool_id,
        "user": {
            "cognito_id": cognito_id,
            "email": email,
            "email_verified": True,
            "name": "Sami Benali",
            "clinic_id": traveller.clinic_id,
            "preferred_language": "fr",
        },
    }


def put_on_bus(traveller: Traveller, detail: Mapping[str, Any]) -> None:
    """Publish one event as the publisher does. Raises JourneyError when the bus refuses it."""
    answer = traveller.events.put_events(
        Entries=[
            {
                "EventBusName": traveller.connection.output("event_bus_name"),
                "Source": SOURCE,
                "DetailType": DETAIL_TYPE,
                "Detail": json.dumps(detail),
            }
        ]
    )
    if answer["FailedEntryCount"]:
        raise JourneyError(f"the event bus refused the event: {answer['Entries'][0].get('ErrorMessage')}")


def dead_letter_of(traveller: Traveller, event_id: str) -> DeadLetter:
    """Wait for the dead letter that holds that event. Others that are met on the way become visible again at once."""
    queue_url = traveller.connection.output("signup_dead_letter_queue_url")

    def look() -> DeadLetter | None:
        received = traveller.sqs.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=1
        ).get("Messages", [])
        letters = [DeadLetter(message) for message in received]
        mine = next((letter for letter in letters if event_id in letter.body), None)
        for letter in letters:
            if letter is not mine:
                release(traveller, letter)
        return mine

    return poll(look, f"the arrival of event {event_id} in the dead-letter queue")


def release(traveller: Traveller, letter: DeadLetter) -> None:
    """Make a received dead letter visible again."""
    traveller.sqs.change_message_visibility(
        QueueUrl=traveller.connection.output("signup_dead_letter_queue_url"),
        ReceiptHandle=letter.receipt_handle,
        VisibilityTimeout=0,
    )


def messages_in(traveller: Traveller, queue_output: str) -> int:
    """Messages in the queue of that stack output: waiting, being worked on, or delayed."""
    attributes = traveller.sqs.get_queue_attributes(
        QueueUrl=traveller.connection.output(queue_output), AttributeNames=WAITING
    )["Attributes"]
    return sum(int(attributes[name]) for name in WAITING)
