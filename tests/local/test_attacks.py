"""What a stranger or an unfaithful user may try against the deployed platform; none of it gets in or tells anything."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.journey import sign_up
from local_cloud.journey.sign_in import srp
from local_cloud.journey.traveller import Traveller, new_password

pytest_plugins = ("local.deployed",)

NewTraveller = Callable[[], Traveller]
OVERRIDE = "\u202e"
"""RIGHT-TO-LEFT OVERRIDE: what follows is shown backwards, so that a name can look like another."""


def refused(call: Callable[[], object]) -> tuple[str, str]:
    """Code and text of the refusal."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def registration(user: Traveller, attributes: Mapping[str, str]) -> Callable[[], Any]:
    """A sign-up of somebody new with these attributes."""
    email = f"attacker.{secrets.token_hex(4)}@example.com"
    given = [{"Name": name, "Value": value} for name, value in {"email": email, **attributes}.items()]
    return lambda: user.browser.sign_up(
        ClientId=user.web_client_id,
        Username=email,
        Password=new_password(),
        UserAttributes=given,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    "attributes",
    [{"custom:user_role": "admin"}, {"custom:clinic_id": "8d5a7f0e-94a1-4a35-8c55-3b9f6f0f7b11"}],
    ids=["role", "clinic"],
)
def test_nobody_registers_with_a_role_or_a_clinic(newcomer: NewTraveller, attributes: dict[str, str]) -> None:
    """A5 A13."""
    assert refused(registration(newcomer(), attributes))[0] == "NotAuthorizedException"


@pytest.mark.parametrize("attribute", ["custom:user_role", "custom:clinic_id", "custom:medical_license"])
def test_nobody_raises_themself(traveller: Traveller, attribute: str) -> None:
    """A5. The token carries the scope for it; the client that issued it may not write the attribute."""
    change = [{"Name": attribute, "Value": "8d5a7f0e-94a1-4a35-8c55-3b9f6f0f7b11"}]
    code, _ = refused(
        lambda: traveller.browser.update_user_attributes(
            AccessToken=traveller.tokens.access,
            UserAttributes=change,  # type: ignore[arg-type]
        )
    )
    assert code == "NotAuthorizedException"


def test_a_confirmation_code_works_once(newcomer: NewTraveller) -> None:
    """A12."""
    user = newcomer()
    sign_up.register(user)
    sign_up.receive_code(user)
    sign_up.assign_clinic(user)
    sign_up.confirm(user)
    again = refused(
        lambda: user.browser.confirm_sign_up(
            ClientId=user.web_client_id, Username=user.email, ConfirmationCode=user.code
        )
    )
    assert again[0] in ("NotAuthorizedException", "ExpiredCodeException", "CodeMismatchException")


def test_a_sign_in_does_not_tell_whether_the_address_is_known(traveller: Traveller) -> None:
    """A5 A11. The same code and the same words for a wrong password and for nobody."""
    answers = {
        refused(
            lambda email=email: srp(  # type: ignore[misc]
                traveller.browser, traveller.pool_id, traveller.web_client_id, email, new_password()
            )
        )
        for email in (traveller.email, f"nobody.{secrets.token_hex(4)}@example.com")
    }
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("attributes", "named"),
    [
        ({"name": f"Amina {OVERRIDE}nimda"}, "name"),
        ({"custom:npi_number": "1234567890"}, "npi_number"),
        ({"custom:specialties": "[" * 500}, "specialties"),
        ({"name": "A" * 256}, "name"),
    ],
    ids=["override", "check digit", "nesting", "length"],
)
def test_an_impossible_attribute_is_refused_by_its_name(
    newcomer: NewTraveller, attributes: dict[str, str], named: str
) -> None:
    """A2 A13."""
    code, text = refused(registration(newcomer(), attributes))
    assert code in ("UserLambdaValidationException", "InvalidParameterException")
    assert named in text
