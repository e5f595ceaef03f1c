"""The pre sign-up trigger for users of identity providers: who is joined to which account, and who is not."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from sign_up_validator import linking, store
from sign_up_validator.admission import Applicant, RefusedError, UndecidedError
from sign_up_validator.env import Provider

Event = dict[str, Any]

EMAIL = "amina.haddad@example.org"
SUB = "0b0e5a52-4a8b-4b53-9a55-0d2f6a1b9c10"
POOL = "us-east-1_ExAmPlE01"
SUBJECT = "104725361988740213365"
REFUSAL = "This account cannot be created at the moment, please contact your clinic"
PERSONAL = ("haddad", "example.org", SUBJECT, SUB)
GOOGLE: dict[str, Any] = {"name": "Google", "email_domains": [], "subject_attribute": ""}
HOSPITAL: dict[str, Any] = {"name": "sfax", "email_domains": ["example.org"], "subject_attribute": "custom:sfax_id"}


def account(**changes: Any) -> linking.Account:
    """A native account, confirmed, its address verified."""
    attributes = {"sub": SUB, "email": EMAIL, "email_verified": "true"} | changes.pop("attributes", {})
    return linking.Account(
        **{"username": SUB, "status": "CONFIRMED", "enabled": True, "attributes": attributes, **changes}
    )


def linked_to(*identities: tuple[str, str]) -> dict[str, str]:
    return {"identities": json.dumps([{"providerName": name, "userId": subject} for name, subject in identities])}


class Pool:
    """A pool that answers what it was given, and remembers what it was asked."""

    def __init__(self, *found: linking.Account, link: str = "", then: Sequence[linking.Account] = ()) -> None:
        self.found, self.objection = list(found), link
        self.reads = list(then)
        self.calls: list[tuple[str, ...]] = []

    def find(self, pool_id: str, email: str) -> Sequence[linking.Account]:
        self.calls.append(("find", pool_id, email))
        return self.found

    def read(self, pool_id: str, username: str) -> linking.Account:
        self.calls.append(("read", pool_id, username))
        return self.reads.pop(0) if self.reads else next(one for one in self.found if one.username == username)

    def link(self, pool_id: str, username: str, identity: linking.Identity) -> str:
        self.calls.append(("link", pool_id, username, identity.provider, identity.subject))
        return self.objection

    @property
    def links(self) -> list[tuple[str, ...]]:
        return [call for call in self.calls if call[0] == "link"]


@pytest.fixture
def first_sign_in(event: Callable[[str], Event]) -> Event:
    return event("pre_sign_up_external_provider")


def join(event: Event, pool: Pool, *providers: dict[str, Any]) -> str:
    known = [Provider(p["name"], frozenset(p["email_domains"]), p["subject_attribute"]) for p in providers or (GOOGLE,)]
    return linking.join(Applicant(event), known, lambda: pool)


def with_attributes(event: Event, **attributes: str) -> Event:
    event["request"]["userAttributes"].update(attributes)
    return event


def test_a_provider_s_user_is_joined_to_the_confirmed_account_of_the_same_verified_address(
    first_sign_in: Event,
) -> None:
    """A7. Before Cognito creates a second user; the provider's name in its own case, its user's id as it is."""
    pool = Pool(account())
    assert join(first_sign_in, pool) == "LINKED"
    assert pool.links == [("link", POOL, SUB, "Google", SUBJECT)]


@pytest.mark.parametrize("own", ["Amina.Haddad@Example.org", "AMINA.HADDAD@EXAMPLE.ORG"])
def test_the_case_of_an_address_does_not_make_another_person(first_sign_in: Event, own: str) -> None:
    """A7 A1."""
    pool = Pool(account(attributes={"email": own}))
    assert join(first_sign_in, pool) == "LINKED"


@pytest.mark.parametrize("said", ["false", "", "TRUE ", "yes", "1"])
def test_an_address_that_the_provider_did_not_verify_links_nothing_and_asks_nothing(
    first_sign_in: Event, said: str
) -> None:
    """A7. Else a provider that lets its users write their address would open anybody's account."""
    pool = Pool(account())
    assert join(with_attributes(first_sign_in, email_verified=said), pool) == "PROVIDER_DID_NOT_VERIFY"
    assert pool.calls == []


def test_an_address_without_a_word_on_it_links_nothing(first_sign_in: Event) -> None:
    """A7. A provider whose `email_verified` is not mapped."""
    del first_sign_in["request"]["userAttributes"]["email_verified"]
    pool = Pool(account())
    assert join(first_sign_in, pool) == "PROVIDER_DID_NOT_VERIFY"
    assert pool.calls == []


@pytest.mark.parametrize("own", [{"email_verified": "false"}, {"email_verified": ""}, {"email": "x@example.org"}])
def test_an_account_that_did_not_verify_the_address_is_not_joined(first_sign_in: Event, own: dict[str, str]) -> None:
    """A7. A stranger may have opened it with this address; its true owner must not land in the stranger's account."""
    pool = Pool(account(attributes=own))
    assert join(first_sign_in, pool) == "NEW"
    assert pool.links == []


def test_an_unconfirmed_account_s_address_does_not_keep_its_owner_out(first_sign_in: Event) -> None:
    """A7. Signing up with somebody's address is anybody's to do."""
    pool = Pool(account(status="UNCONFIRMED", attributes={"email_verified": "false"}))
    assert join(first_sign_in, pool) == "NEW"


@pytest.mark.parametrize("user_name", ["okta_123", "Googlex_1", "google", "GoogleX_123", "_1", ""])
def test_a_provider_that_config_does_not_name_links_nothing_and_asks_nothing(
    first_sign_in: Event, user_name: str
) -> None:
    """A7. A provider that may link opens accounts with its word alone, so each is named."""
    first_sign_in["userName"] = user_name
    pool = Pool(account())
    assert join(first_sign_in, pool) == "PROVIDER_DOES_NOT_LINK"
    assert pool.calls == []


def test_a_hospital_s_provider_speaks_for_its_own_domains_alone(first_sign_in: Event) -> None:
    """A7. It could otherwise say that a doctor of another clinic had signed in."""
    first_sign_in["userName"] = "sfax_1"
    pool = Pool(account())
    foreign = with_attributes(first_sign_in, email="amina.haddad@other.example")
    assert join(foreign, pool, HOSPITAL) == "PROVIDER_OF_OTHER_DOMAINS"
    assert pool.calls == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"enabled": False}, "ACCOUNT_DISABLED"),
        ({"status": "FORCE_CHANGE_PASSWORD"}, "ACCOUNT_FORCE_CHANGE_PASSWORD"),
        ({"status": "RESET_REQUIRED"}, "ACCOUNT_RESET_REQUIRED"),
        ({"status": "UNCONFIRMED"}, "ACCOUNT_UNCONFIRMED"),
        ({"status": "COMPROMISED"}, "ACCOUNT_COMPROMISED"),
        ({"enabled": False, "attributes": linked_to(("Google", SUBJECT))}, "ACCOUNT_DISABLED"),
    ],
)
def test_an_account_that_may_not_sign_in_is_neither_joined_nor_doubled(
    first_sign_in: Event, changes: dict[str, Any], reason: str
) -> None:
    """A7. Who was disabled would otherwise come back by the provider's door as somebody new."""
    pool = Pool(account(**changes))
    with pytest.raises(RefusedError, match=REFUSAL) as refused:
        join(first_sign_in, pool)
    assert (refused.value.reason, pool.links) == (reason, [])


def test_of_several_accounts_none_is_chosen(first_sign_in: Event) -> None:
    """A7. In a pool that tells cases apart, two people may have what looks like one address."""
    pool = Pool(account(), account(username="other", attributes={"email": EMAIL.upper()}))
    with pytest.raises(RefusedError) as refused:
        join(first_sign_in, pool)
    assert (refused.value.reason, pool.links) == ("SEVERAL_ACCOUNTS", [])


def test_users_of_providers_are_no_accounts_to_join(first_sign_in: Event) -> None:
    """A7. Only one who was opened here is; it counts although a user of another provider has the address, too."""
    other = account(username="sfax_1", status="EXTERNAL_PROVIDER")
    assert join(deepcopy(first_sign_in), Pool(other)) == "NEW"
    pool = Pool(other, account())
    assert join(first_sign_in, pool) == "LINKED"
    assert pool.links == [("link", POOL, SUB, "Google", SUBJECT)]


def test_an_account_that_another_provider_is_linked_to_is_joined_again(first_sign_in: Event) -> None:
    """A7. Cognito is seen to give a linked account the status of a provider's user; its name remains its `sub`."""
    pool = Pool(account(status="EXTERNAL_PROVIDER", attributes=linked_to(("sfax", "1"))))
    assert join(first_sign_in, pool) == "LINKED"


def test_a_repeated_call_links_once(first_sign_in: Event) -> None:
    """A7. Cognito calls a slow trigger up to three times."""
    pool = Pool(account(attributes=linked_to(("sfax", "1"), ("Google", SUBJECT))))
    assert join(first_sign_in, pool) == "ALREADY_LINKED"
    assert pool.links == []


@pytest.mark.parametrize("other", [("Google", "1"), ("sfax", SUBJECT)])
def test_another_identity_s_link_is_not_taken_for_this_one_s(first_sign_in: Event, other: tuple[str, str]) -> None:
    """A7. Neither another user of the provider nor another provider's user of the same id."""
    pool = Pool(account(attributes=linked_to(other)))
    assert join(first_sign_in, pool) == "LINKED"
    assert pool.links == [("link", POOL, SUB, "Google", SUBJECT)]


def test_the_slower_of_two_sign_ins_finds_the_link_of_the_other(first_sign_in: Event) -> None:
    """A7."""
    done = account(attributes=linked_to(("Google", SUBJECT)))
    pool = Pool(account(), link="InvalidParameterException", then=[account(), done])
    assert join(first_sign_in, pool) == "ALREADY_LINKED"


def test_an_objection_without_a_link_is_a_refusal_that_is_counted(first_sign_in: Event) -> None:
    """A7. The provider's user belongs to another account, or exists already: an operator decides."""
    pool = Pool(account(), link="AliasExistsException")
    with pytest.raises(UndecidedError) as refused:
        join(first_sign_in, pool)
    assert refused.value.reason == "LINK_AliasExistsException"


def test_an_account_that_changed_since_it_was_found_is_not_joined(first_sign_in: Event) -> None:
    """A7. The search lags behind: the address may be another's by now."""
    pool = Pool(account(), then=[account(attributes={"email": "new@example.org"})])
    with pytest.raises(RefusedError) as refused:
        join(first_sign_in, pool)
    assert (refused.value.reason, pool.links) == ("ACCOUNT_CHANGED", [])


@pytest.mark.parametrize("broken", ["", "[", "{}", "[1]", "null", '[{"userId": "1"}]'])
def test_identities_that_cannot_be_read_are_none(broken: str) -> None:
    """A7."""
    assert not account(attributes={"identities": broken}).has(linking.Identity("Google", SUBJECT))


@pytest.mark.parametrize(
    ("user_name", "provider", "said", "identity"),
    [
        ("Google_123", "Google", "", ("Google", "123")),
        ("google_123", "Google", "", ("Google", "123")),
        ("s_ax_a_b_1", "s_ax", "A_b_1", ("s_ax", "A_b_1")),
        ("Sfax_AbC_d-e", "Sfax", "", ("Sfax", "AbC_d-e")),
        ("sfax_abc_d-e", "Sfax", "AbC_d-E", ("Sfax", "AbC_d-E")),
        (f"sfax_{SUB}", "Sfax", "", ("Sfax", SUB)),
        ("Sfax_1", "Sfax", "2", ("Sfax", "1")),
        ("sfax_amina@example.org", "Sfax", "Amina@example.org", ("Sfax", "Amina@example.org")),
    ],
)
def test_the_provider_s_own_spelling_of_name_and_id_is_found(
    first_sign_in: Event, user_name: str, provider: str, said: str, identity: tuple[str, str]
) -> None:
    """A7. A provider's name may hold an underscore, an id several; a pool may write both in lower case, and a link
    under another spelling is never found again."""
    first_sign_in["userName"] = user_name
    known = {"name": provider, "email_domains": [], "subject_attribute": "custom:id"}
    pool = Pool(account())
    join(with_attributes(first_sign_in, **{"custom:id": said}), pool, known)
    assert pool.links == [("link", POOL, SUB, *identity)]


@pytest.mark.parametrize(("user_name", "said"), [("sfax_abc", ""), ("sfax_abc", "AbD"), ("sfax_", ""), ("Sfax_", "")])
def test_an_id_whose_spelling_is_lost_is_not_guessed(first_sign_in: Event, user_name: str, said: str) -> None:
    """A7. It is counted: config lacks the attribute that holds it."""
    first_sign_in["userName"] = user_name
    pool = Pool(account())
    with pytest.raises(UndecidedError) as refused:
        join(with_attributes(first_sign_in, **{"custom:sfax_id": said}), pool, HOSPITAL)
    assert (refused.value.reason, pool.links) == ("SUBJECT_CASE_UNKNOWN", [])


def test_an_id_whose_spelling_is_lost_keeps_nobody_out_who_has_no_account(first_sign_in: Event) -> None:
    """A7."""
    first_sign_in["userName"] = "sfax_abc"
    assert join(first_sign_in, Pool(), HOSPITAL) == "NEW"


# --- the pool's users, of moto ---------------------------------------------------------------------------------------


@pytest.fixture
def cognito() -> Iterator[Any]:
    with mock_aws():
        store._client.cache_clear()
        yield boto3.client("cognito-idp", region_name="us-east-1")
    store._client.cache_clear()


@pytest.fixture
def pool_id(cognito: Any) -> str:
    created = cognito.create_user_pool(PoolName="test", UsernameAttributes=["email"])
    return str(created["UserPool"]["Id"])


def add(cognito: Any, pool_id: str, email: str, verified: str = "true") -> str:
    created = cognito.admin_create_user(
        UserPoolId=pool_id, Username=email, UserAttributes=[{"Name": "email_verified", "Value": verified}]
    )
    cognito.admin_set_user_password(UserPoolId=pool_id, Username=email, Password="Correct-horse-1", Permanent=True)
    return str(created["User"]["Username"])


def test_users_are_found_by_their_address_with_what_a_link_asks_about(cognito: Any, pool_id: str) -> None:
    """A7."""
    username = add(cognito, pool_id, EMAIL)
    add(cognito, pool_id, "other@example.org")
    [found] = store.find(pool_id, EMAIL)
    assert (found.username, found.status, found.enabled) == (username, "CONFIRMED", True)
    assert (found.is_native, found.proves(EMAIL)) == (True, True)


def test_one_user_is_read_as_it_is_now(cognito: Any, pool_id: str) -> None:
    """A7."""
    username = add(cognito, pool_id, EMAIL, verified="false")
    cognito.admin_disable_user(UserPoolId=pool_id, Username=username)
    found = store.read(pool_id, username)
    assert (found.username, found.enabled, found.proves(EMAIL)) == (username, False, False)


def test_nobody_has_an_unknown_address(cognito: Any, pool_id: str) -> None:  # noqa: ARG001  # the mock must be on
    """A7."""
    assert store.find(pool_id, EMAIL) == []


@pytest.mark.usefixtures("cognito")
def test_a_pool_that_cannot_be_asked_is_a_refusal_that_names_operation_and_code() -> None:
    """A7. Fails closed: a provider's user who is created unlinked stays unlinked."""
    with pytest.raises(UndecidedError, match=REFUSAL) as refused:
        store.find("us-east-1_Nothing", EMAIL)
    assert refused.value.reason == "ListUsers_ResourceNotFoundException"
    with pytest.raises(UndecidedError) as refused:
        store.read("us-east-1_Nothing", SUB)
    assert refused.value.reason == "AdminGetUser_ResourceNotFoundException"


class Recording:
    """A client that answers what it was given for each operation, in order."""

    def __init__(self, **answers: Any) -> None:
        self.answers, self.requests = answers, list[dict[str, Any]]()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.requests.append(deepcopy(request))
            answers = self.answers[operation]
            answer = answers.pop(0) if isinstance(answers, list) else answers
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Recording]:
    def use(**answers: Any) -> Recording:
        recording = Recording(**answers)
        monkeypatch.setattr(store, "_client", lambda: recording)
        return recording

    return use


def error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": EMAIL}}, "AdminLinkProviderForUser")


def test_a_link_names_the_account_by_its_user_name_and_the_provider_s_user_by_subject(
    client: Callable[..., Recording],
) -> None:
    """A7. "AdminLinkProviderForUser", user pools API reference: `Cognito` for the account, `Cognito_Subject` for the
    provider's user."""
    recording = client(admin_link_provider_for_user={})
    assert store.link("us-east-1_P", SUB, linking.Identity("Google", SUBJECT)) == ""
    assert recording.requests == [
        {
            "UserPoolId": "us-east-1_P",
            "DestinationUser": {"ProviderName": "Cognito", "ProviderAttributeValue": SUB},
            "SourceUser": {
                "ProviderName": "Google",
                "ProviderAttributeName": "Cognito_Subject",
                "ProviderAttributeValue": SUBJECT,
            },
        }
    ]


@pytest.mark.parametrize("code", ["AliasExistsException", "InvalidParameterException"])
def test_what_may_mean_linked_already_is_told_and_not_raised(client: Callable[..., Recording], code: str) -> None:
    """A7."""
    client(admin_link_provider_for_user=error(code))
    assert store.link("us-east-1_P", SUB, linking.Identity("Google", SUBJECT)) == code


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (error("TooManyRequestsException"), "TooManyRequestsException"),
        (error("LimitExceededException"), "LimitExceededException"),
        (error("NotAuthorizedException"), "NotAuthorizedException"),
        (ReadTimeoutError(endpoint_url="cognito"), "ReadTimeoutError"),
    ],
)
def test_a_link_that_fails_is_a_refusal_that_names_the_code(
    client: Callable[..., Recording], outcome: Exception, code: str
) -> None:
    """A7. The next sign-in tries again; after a lost answer it finds the link."""
    client(admin_link_provider_for_user=outcome)
    with pytest.raises(UndecidedError) as refused:
        store.link("us-east-1_P", SUB, linking.Identity("Google", SUBJECT))
    assert refused.value.reason == f"AdminLinkProviderForUser_{code}"


def test_a_search_that_goes_on_is_followed_and_ends(client: Callable[..., Recording]) -> None:
    """A7. An account on the second page is an account; a search without end is a refusal."""
    user = {"Username": SUB, "UserStatus": "CONFIRMED", "Enabled": True, "Attributes": [{"Name": "sub", "Value": SUB}]}
    recording = client(list_users=[{"Users": [], "PaginationToken": "next"}, {"Users": [user]}])
    assert [one.username for one in store.find("us-east-1_P", EMAIL)] == [SUB]
    assert [request.get("PaginationToken") for request in recording.requests] == [None, "next"]
    client(list_users={"Users": [], "PaginationToken": "next"})
    with pytest.raises(UndecidedError) as refused:
        store.find("us-east-1_P", EMAIL)
    assert refused.value.reason == "TOO_MANY_PAGES"


def test_an_address_that_no_filter_holds_is_not_searched_for(client: Callable[..., Recording]) -> None:
    """A7. "ListUsers": a filter has 256 characters at most."""
    recording = client()
    with pytest.raises(UndecidedError) as refused:
        store.find("us-east-1_P", f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 52}.org")
    assert (refused.value.reason, recording.requests) == ("EMAIL_TOO_LONG_TO_SEARCH", [])


def test_all_calls_together_leave_a_second_and_a_half_of_cognitos_five() -> None:
    """A7. It is for loading boto3."""
    assert store.CONNECT_SECONDS + store.MOST_CALLS * store.READ_SECONDS <= 3.5
    assert store.MOST_PAGES + len(("read", "link", "read again")) == store.MOST_CALLS
    config: Any = store.CONFIG
    assert (config.connect_timeout, config.read_timeout) == (store.CONNECT_SECONDS, store.READ_SECONDS)
    assert config.retries["total_max_attempts"] == 1


# --- the whole trigger -----------------------------------------------------------------------------------------------


@pytest.fixture
def validator(handler: Callable[..., ModuleType]) -> ModuleType:
    return handler(
        "sign_up_validator",
        EMAIL_DOMAINS='{"allow": [], "deny": ["denied.example"]}',
        LICENSE_STATES='["TN"]',
        PROVIDERS=json.dumps([GOOGLE]),
        ROLES='["admin", "patient"]',
        SELF_REGISTRATION='{"roles": [], "clinics": [], "license": false}',
    )


@pytest.fixture
def live(validator: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Recording]:
    """A recording client under the whole trigger."""

    def use(**answers: Any) -> Recording:
        import sign_up_validator.store as fresh

        recording = Recording(**answers)
        monkeypatch.setattr(fresh, "_client", lambda: recording)
        return recording

    assert validator is sys.modules["sign_up_validator.handler"]
    return use


def user(**changes: Any) -> dict[str, Any]:
    attributes = [{"Name": n, "Value": v} for n, v in (("sub", SUB), ("email", EMAIL), ("email_verified", "true"))]
    return {"Username": SUB, "UserStatus": "CONFIRMED", "Enabled": True, "Attributes": attributes, **changes}


def answers(**changes: Any) -> dict[str, Any]:
    one = user()
    return {
        "list_users": {"Users": [one]},
        "admin_get_user": {**one, "UserAttributes": one["Attributes"]},
        "admin_link_provider_for_user": {},
        **changes,
    }


def test_a_linked_user_is_neither_confirmed_nor_verified_by_the_trigger(
    validator: ModuleType, live: Callable[..., Recording], first_sign_in: Event, context: Any
) -> None:
    """A7 A13. The account's own state is what holds."""
    recording = live(**answers())
    answer = validator.lambda_handler(first_sign_in, context)
    assert set(answer["response"].values()) == {False}
    assert [sorted(request) for request in recording.requests] == [
        ["Filter", "Limit", "UserPoolId"],
        ["UserPoolId", "Username"],
        ["DestinationUser", "SourceUser", "UserPoolId"],
    ]
    assert recording.requests[0]["Filter"] == f'email = "{EMAIL}"'


def test_a_user_of_a_provider_is_checked_before_the_pool_is_asked(
    validator: ModuleType, live: Callable[..., Recording], first_sign_in: Event, context: Any
) -> None:
    """A7 A13. A provider's attributes come from outside, too: an address with a quotation mark would be another
    search."""
    recording = live(**answers())
    event = with_attributes(first_sign_in, email='x" or email ^= "a@example.org')
    with pytest.raises(Exception, match="email must be an e-mail address"):
        validator.lambda_handler(event, context)
    assert recording.requests == []


FAILURES: dict[str, dict[str, Any]] = {
    "throttled": {"list_users": error("TooManyRequestsException")},
    "timed out": {"admin_get_user": ReadTimeoutError(endpoint_url="cognito")},
    "refused": {"admin_link_provider_for_user": error("InvalidParameterException")},
    "disabled": {"admin_get_user": {**user(Enabled=False), "UserAttributes": user()["Attributes"]}},
    "malformed": {"list_users": {"Users": [{"Attributes": [{"Name": EMAIL}]}]}},
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_every_failure_has_the_same_text_and_its_line_holds_nothing_of_the_user(
    validator: ModuleType,
    live: Callable[..., Recording],
    first_sign_in: Event,
    context: Any,
    capsys: pytest.CaptureFixture[str],
    failure: dict[str, Any],
) -> None:
    """G5 A7 A13. Whoever is refused learns nothing about the account, nor does the trace in the log quote a cause."""
    live(**answers(**failure))
    with pytest.raises(Exception, match=f"^{REFUSAL}$") as refused:
        validator.lambda_handler(first_sign_in, context)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    assert not told_about_the_user(capsys)


def test_the_line_about_a_link_holds_nothing_of_the_user(
    validator: ModuleType,
    live: Callable[..., Recording],
    first_sign_in: Event,
    context: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """G5 A7."""
    live(**answers())
    validator.lambda_handler(first_sign_in, context)
    assert not told_about_the_user(capsys)


def told_about_the_user(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What the one line of output says of the user."""
    output = capsys.readouterr()
    assert len(output.out.splitlines()) == 1
    return [text for text in PERSONAL if text in (output.out + output.err).lower()]


def test_a_user_of_a_provider_without_optional_attributes_passes(
    validator: ModuleType, live: Callable[..., Recording], first_sign_in: Event, context: Any
) -> None:
    """A13 A7. Providers know neither NPI nor specialties."""
    live(**answers(list_users={"Users": []}))
    assert validator.lambda_handler(first_sign_in, context)["userName"] == first_sign_in["userName"]


def test_a_denied_domain_is_denied_to_providers_too(
    validator: ModuleType, live: Callable[..., Recording], first_sign_in: Event, context: Any
) -> None:
    """A13 A7."""
    recording = live(**answers())
    with pytest.raises(Exception, match="email must be of a domain that may register here"):
        validator.lambda_handler(with_attributes(first_sign_in, email="a@denied.example"), context)
    assert recording.requests == []
