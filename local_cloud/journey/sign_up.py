"""From a visitor to a row in PostgreSQL: sign-up, e-mailed code, clinic, confirmation."""

import time
from functools import partial

from botocore.exceptions import ClientError

from local_cloud.journey.traveller import STAFF_ROLE, Traveller
from local_cloud.journey.wire import (
    JourneyError,
    expect,
    expect_refusal,
    expect_status,
    get,
    mailed_code,
    mails_to,
    poll,
)

ADMINISTRATORS_ATTRIBUTES = ("custom:clinic_id", "custom:user_role")
"""What decides over access and is therefore an administrator's to write, no client's."""


def ask_health(traveller: Traveller) -> str:
    """D1. The one open route."""
    answer = get(traveller.api("/api/health"))
    expect_status(answer, 200, "the health route is open")
    return f"{traveller.api('/api/health')} answers 200"


def register(traveller: Traveller) -> str:
    """H2. Through the public web client, as a browser does it."""
    answer = traveller.browser.sign_up(
        ClientId=traveller.web_client_id,
        Username=traveller.email,
        Password=traveller.password,
        UserAttributes=[
            {"Name": "email", "Value": traveller.email},
            {"Name": "name", "Value": traveller.name},
            {"Name": "custom:preferred_language", "Value": traveller.language},
        ],
    )
    expect(not answer["UserConfirmed"], "the user is confirmed without having shown the e-mailed code")
    traveller.user_id = answer["UserSub"]
    return f"{traveller.email}, language {traveller.language}"


def receive_code(traveller: Traveller) -> str:
    """A12. The code comes by e-mail, nowhere else."""
    traveller.code = poll(
        lambda: mailed_code(traveller.connection.endpoint, traveller.email),
        f"an e-mail with a code to {traveller.email}",
    )
    return "one e-mail with a six-digit code"


def read_mail(traveller: Traveller) -> str:
    """A12. The mail is in the language that the visitor chose, in its direction."""
    direction = "rtl" if traveller.language == "ar" else "ltr"
    mails = mails_to(traveller.connection.endpoint, traveller.email)
    opening = f'<html lang="{traveller.language}" dir="{direction}">'
    expect(bool(mails) and opening in mails[0], f"the mail is not in {traveller.language}")
    return f"language {traveller.language}, direction {direction}"


def refuse_false_identifier(traveller: Traveller) -> str:
    """A13. A provider number whose check digit is wrong; the refusal names the field."""
    try:
        traveller.browser.sign_up(
            ClientId=traveller.web_client_id,
            Username=f"false.{traveller.email}",
            Password=traveller.password,
            UserAttributes=[
                {"Name": "email", "Value": f"false.{traveller.email}"},
                {"Name": "custom:npi_number", "Value": "1234567890"},
            ],
        )
    except ClientError as error:
        text = error.response["Error"]["Message"]
        expect("npi_number" in text, f"the refusal does not name the field: {text}")
        return "refused by name: npi_number"
    raise JourneyError("a sign-up with a wrong provider number is taken")


def refuse_chosen_clinic(traveller: Traveller) -> str:
    """A5. A self-registration that brings its own clinic or role is refused whole."""
    intruder = f"intruder.{traveller.email}"

    def register_with(attribute: str, value: str) -> None:
        traveller.browser.sign_up(
            ClientId=traveller.web_client_id,
            Username=intruder,
            Password=traveller.password,
            UserAttributes=[{"Name": "email", "Value": intruder}, {"Name": attribute, "Value": value}],
        )

    wishes = zip(ADMINISTRATORS_ATTRIBUTES, (traveller.clinic_id, "admin"), strict=True)
    for attribute, value in wishes:
        expect_refusal(
            partial(register_with, attribute, value), "NotAuthorizedException", f"a sign-up that sets {attribute}"
        )
    return "neither clinic nor role can be chosen at sign-up"


def assign_clinic(traveller: Traveller) -> str:
    """A5 A8. Clinic and role come from an administrator; neither client may write them."""
    for client in ("web_client_id", "backend_client_id"):
        described = traveller.administrator.describe_user_pool_client(
            UserPoolId=traveller.pool_id, ClientId=traveller.connection.output(client)
        )["UserPoolClient"]
        writable = set(described.get("WriteAttributes", [])) & set(ADMINISTRATORS_ATTRIBUTES)
        expect(not writable, f"{client} may write {', '.join(sorted(writable))}")
    traveller.administrator.admin_update_user_attributes(
        UserPoolId=traveller.pool_id,
        Username=traveller.email,
        UserAttributes=[{"Name": "custom:clinic_id", "Value": traveller.clinic_id}],
    )
    traveller.administrator.admin_add_user_to_group(
        UserPoolId=traveller.pool_id, Username=traveller.email, GroupName=STAFF_ROLE
    )
    return f"clinic {traveller.clinic_id}, role {STAFF_ROLE}"


def refuse_wrong_code(traveller: Traveller) -> str:
    """A12. A guessed code confirms nobody."""
    wrong = f"{(int(traveller.code) + 1) % 1_000_000:06d}"
    expect_refusal(
        lambda: traveller.browser.confirm_sign_up(
            ClientId=traveller.web_client_id, Username=traveller.email, ConfirmationCode=wrong
        ),
        "CodeMismatchException",
        "a wrong confirmation code",
    )
    return "CodeMismatchException"


def confirm(traveller: Traveller) -> str:
    """H2. The mailed code confirms the user, and Cognito tells the sign-up pipeline."""
    traveller.confirmed_at = time.monotonic()
    traveller.browser.confirm_sign_up(
        ClientId=traveller.web_client_id, Username=traveller.email, ConfirmationCode=traveller.code
    )
    user = traveller.administrator.admin_get_user(UserPoolId=traveller.pool_id, Username=traveller.email)
    expect(user["UserStatus"] == "CONFIRMED", f"the user's status is {user['UserStatus']}, not CONFIRMED")
    return "CONFIRMED"


def find_row(traveller: Traveller) -> str:
    """C1 C3 C5. Cognito -> EventBridge -> SQS -> PostgreSQL, with the clinic the administrator gave."""
    [row] = poll(lambda: traveller.rows_of(traveller.user_id) or None, "a row in users for the confirmed user")
    traveller.confirm_to_row_seconds = time.monotonic() - traveller.confirmed_at
    wanted = {"email": traveller.email, "name": traveller.name, "clinic_id": traveller.clinic_id}
    found = {column: str(row[column]) for column in wanted}
    expect(found == wanted, f"the row says {found}, expected {wanted}")
    return f"{traveller.confirm_to_row_seconds * 1000:.0f} ms after the confirmation, clinic {traveller.clinic_id}"
