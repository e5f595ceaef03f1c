"""Whatever an event holds: a user of whom every value was looked at, or the trigger's own refusal."""

import contextlib
import io
import json
import string
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sign_up_validator import linking, values
from sign_up_validator.admission import PRIVILEGED, RULES, SOURCES, Applicant, RefusedError, check
from sign_up_validator.env import Provider, parse

VARIABLES = {
    "EMAIL_DOMAINS": '{"allow": [], "deny": ["denied.example"]}',
    "LICENSE_STATES": '["CA", "TN"]',
    "PROVIDERS": '[{"name": "Google", "email_domains": [], "subject_attribute": ""}]',
    "ROLES": '["admin", "patient"]',
    "SELF_REGISTRATION": '{"roles": [], "clinics": [], "license": false}',
}
KNOWN = parse(VARIABLES)
REFUSAL = "This account cannot be created at the moment, please contact your clinic"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
any_text = st.text(st.characters(), max_size=300)
"""Halves of characters included: JSON can say them, and Python keeps them."""
overrides = st.text(st.sampled_from("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200fab"), min_size=1)
names = st.builds(
    lambda prefix, name: prefix + name,
    st.sampled_from(["", "custom:", "dev:custom:", "CUSTOM:"]),
    st.sampled_from([*RULES, *(field.upper() for field in RULES), "email_verified", "nickname"]) | any_text,
)
possible = st.sampled_from(
    ["1234567893", "a@example.org", "ar", "TN", "patient", "[]", "+21650123456", "true", "false"]
)
attributes = st.dictionaries(names, possible | any_text | overrides | st.uuids().map(str) | json_values, max_size=6)
requests = st.fixed_dictionaries(
    {}, optional={"userAttributes": attributes | json_values, "validationData": json_values}
)
events = st.fixed_dictionaries(
    {"triggerSource": st.sampled_from(sorted(SOURCES)) | json_values},
    optional={
        "userPoolId": st.just("us-east-1_P") | json_values,
        "userName": st.text() | st.sampled_from(["Google_1", "google_abc", "okta_1"]) | json_values,
        "request": requests | json_values,
        "response": json_values,
    },
)


def constant_24(npi: str) -> bool:
    """The check of an NPI as CMS describes it for the number without its prefix: a constant, and digits of doubles."""
    total = 24
    for position, digit in enumerate(npi[:9]):
        total += sum(int(part) for part in str(int(digit) * 2)) if position % 2 == 0 else int(digit)
    return (10 - total % 10) % 10 == int(npi[9])


@settings(max_examples=2000, deadline=None)
@given(npi=st.text(string.digits, min_size=10, max_size=10))
def test_a_check_digit_is_what_another_way_to_compute_it_says(npi: str) -> None:
    """A13 I1."""
    assert values.is_npi(npi) == (npi[0] in "12" and constant_24(npi))


@settings(max_examples=300, deadline=None)
@given(body=st.text(string.digits, min_size=8, max_size=8), first=st.sampled_from("12"))
def test_of_ten_numbers_that_differ_in_the_last_digit_one_is_possible(body: str, first: str) -> None:
    """A13 I1."""
    assert sum(values.is_npi(f"{first}{body}{digit}") for digit in string.digits) == 1


@settings(max_examples=1000, deadline=None)
@given(text=any_text)
def test_no_number_but_one_of_ten_digits_is_an_npi(text: str) -> None:
    """A13 I1. Neither a digit of another script nor a line's end slips in."""
    assert not values.is_npi(text) or (len(text) == 10 and set(text) <= set(string.digits))


def admitted(event: dict[str, Any]) -> Applicant | None:
    try:
        applicant = Applicant(event)
        check(applicant, KNOWN)
    except RefusedError:
        return None
    return applicant


@settings(max_examples=1000, deadline=None)
@given(event=events)
def test_nobody_comes_in_with_a_privilege_an_override_or_a_value_that_breaks_its_rule(event: dict[str, Any]) -> None:
    """A13 I1. However the attribute's name is written."""
    applicant = admitted(event)
    if applicant:
        for name, value in applicant.attributes.items():
            field = name.rpartition(":")[2].lower()
            assert applicant.source == "PreSignUp_AdminCreateUser" or field not in PRIVILEGED
            assert field not in RULES or RULES[field][0](value, KNOWN)
            assert not any(
                ord(character) < 32 or character in "\u202a\u202d\u202e\u2066\u2069\u200f" for character in value
            )


class Empty:
    """A pool in which nobody is."""

    def find(self, *_: str) -> list[linking.Account]:
        return []

    def read(self, *_: str) -> linking.Account:
        raise LookupError

    def link(self, *_: Any) -> str:
        raise LookupError


@settings(max_examples=500, deadline=None)
@given(name=any_text, said=any_text, provider=st.sampled_from(["Google", "sf_x", "a" * 32]))
def test_any_name_of_a_provider_s_user_is_an_identity_or_a_refusal(name: str, said: str, provider: str) -> None:
    """A7 I1. The id is what follows the provider's name, or what the provider wrote in its own case."""
    known = Provider(provider, frozenset(), "custom:id")
    event = {
        "triggerSource": "PreSignUp_ExternalProvider",
        "userPoolId": "us-east-1_P",
        "userName": f"{provider}_{name}",
        "request": {"userAttributes": {"custom:id": said, "email": "a@example.org", "email_verified": "true"}},
    }
    applicant = Applicant(event)
    assert linking.provider_of(applicant.user_name, [known]) is known
    assert linking.join(applicant, [known], Empty) == "NEW"
    try:
        identity = linking.identity_of(applicant, known)
    except RefusedError:
        return
    assert (identity.provider, identity.subject.lower()) == (provider, name.lower())


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(event=json_values | events)
def test_any_event_ends_in_a_user_or_the_trigger_s_own_refusal_and_in_one_log_line(
    handler: Callable[..., ModuleType], event: Any
) -> None:
    """A13 I1. Never in another error: its text would be the user's to read."""
    module = sys.modules.get("sign_up_validator.handler")
    if module is None or getattr(module, "_accounts", None) is not Empty:
        module = handler("sign_up_validator", **VARIABLES)
        module._accounts = Empty  # type: ignore[attr-defined]
    output, flags, kind, text = io.StringIO(), {False}, "RefusedError", REFUSAL
    with contextlib.redirect_stdout(output):
        try:
            flags = set(module.lambda_handler(event, SimpleNamespace(aws_request_id="r"))["response"].values())
        except Exception as error:
            kind, text = type(error).__name__, str(error)
    named = {part.split(" ")[0] for part in text.split("; ")}
    assert (flags, kind in ("RefusedError", "UndecidedError")) == ({False}, True)
    assert text == REFUSAL or named <= {*RULES, "email_verified", "phone_number_verified", "attributes"}
    [line] = output.getvalue().splitlines()
    found = json.loads(line)
    assert found["request_id"] == "r"
    assert not str(found.get("reason")).startswith("UNEXPECTED")
