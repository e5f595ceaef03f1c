"""The pre token generation trigger, called as Cognito calls it."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

Event = dict[str, Any]

ROLES = [
    {"name": "admin", "scopes": ["profile.read", "staff.read", "clinic.manage"]},
    {"name": "doctor", "scopes": ["profile.read", "staff.read", "records.write"]},
    {"name": "nurse", "scopes": ["profile.read", "staff.read", "records.read"]},
    {"name": "patient", "scopes": ["profile.read"]},
]
CLINIC = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
REFUSAL = "This account cannot sign in at the moment, please contact your clinic"


@pytest.fixture
def enrich(handler: Callable[..., ModuleType], context: Any) -> Callable[..., Event]:
    """The trigger's `claimsAndScopeOverrideDetails` for an event, by default where users without clinic are refused."""

    def call(event: Event, tenantless: str = "refuse", roles: object = ROLES) -> Event:
        module = handler(
            "token_enricher",
            ROLES=json.dumps(roles),
            RESOURCE_SERVER="medflow",
            TENANTLESS_USERS=tenantless,
            PRIVILEGED_SCOPES="[]",
        )
        returned = module.lambda_handler(event, context)
        assert returned is event
        details: Event = returned["response"]["claimsAndScopeOverrideDetails"]
        return details

    return call


@pytest.fixture
def sign_in(event: Callable[[str], Event]) -> Event:
    """A nurse and doctor of a clinic signs in."""
    return event("pre_token_generation_v2")


def claims(details: Event, token: str) -> Event:
    found: Event = details[f"{token}TokenGeneration"]["claimsToAddOrOverride"]
    return found


def attributes(event: Event) -> Event:
    found: Event = event["request"]["userAttributes"]
    return found


def groups(event: Event, *names: str) -> Event:
    event["request"]["groupConfiguration"]["groupsToOverride"] = list(names)
    return event


def test_both_tokens_carry_clinic_roles_and_language(enrich: Callable[..., Event], sign_in: Event) -> None:
    """B1."""
    details = enrich(sign_in)
    expected = {"tenant_id": CLINIC, "role": "doctor", "roles": ["doctor", "nurse"], "language": "fr"}
    assert claims(details, "access") == expected
    assert {name: claims(details, "id")[name] for name in expected} == expected


def test_the_access_token_gets_the_scopes_of_every_role_and_the_id_token_their_list(
    enrich: Callable[..., Event], sign_in: Event
) -> None:
    """B1 A8."""
    details = enrich(sign_in)
    scopes = ["medflow/profile.read", "medflow/staff.read", "medflow/records.write", "medflow/records.read"]
    assert details["accessTokenGeneration"]["scopesToAdd"] == scopes
    assert claims(details, "id")["scopes"] == scopes


def test_a_requested_scope_that_no_role_grants_is_suppressed_and_foreign_ones_stay(
    enrich: Callable[..., Event], sign_in: Event
) -> None:
    """B1. The event asks for medflow/clinic.manage, which only an admin has, and for two that are Cognito's."""
    assert enrich(sign_in)["accessTokenGeneration"]["scopesToSuppress"] == ["medflow/clinic.manage"]


def test_groups_and_iam_roles_are_repeated(enrich: Callable[..., Event], sign_in: Event) -> None:
    """B1. Cognito reads an absent or empty groupOverrideDetails as "no groups"."""
    assert enrich(sign_in)["groupOverrideDetails"] == {
        "groupsToOverride": ["nurse", "night-shift", "doctor"],
        "iamRolesToOverride": ["arn:aws:iam::123456789012:role/doctor"],
        "preferredRole": "arn:aws:iam::123456789012:role/doctor",
    }


def test_nothing_is_suppressed_from_the_claims(enrich: Callable[..., Event], sign_in: Event) -> None:
    """B1. Suppression would win over what other parts of the platform rely on."""
    details = enrich(sign_in)
    assert not [token for token in ("id", "access") if details[f"{token}TokenGeneration"].get("claimsToSuppress")]


def test_a_user_in_no_role_group_has_the_role_an_administrator_wrote(
    enrich: Callable[..., Event], sign_in: Event
) -> None:
    """B1 A8."""
    attributes(sign_in)["custom:user_role"] = "patient"
    assert claims(enrich(groups(sign_in, "night-shift")), "access")["roles"] == ["patient"]


def test_role_groups_win_over_the_role_attribute(enrich: Callable[..., Event], sign_in: Event) -> None:
    """B1. The groups are what an administrator edits; a forgotten attribute must not add rights."""
    attributes(sign_in)["custom:user_role"] = "admin"
    assert claims(enrich(sign_in), "access")["roles"] == ["doctor", "nurse"]


@pytest.mark.parametrize("role", ["owner", "", "Admin", "admin "])
def test_an_unknown_role_gives_neither_role_nor_scope(enrich: Callable[..., Event], sign_in: Event, role: str) -> None:
    """B1 B2."""
    attributes(sign_in)["custom:user_role"] = role
    details = enrich(groups(sign_in))
    assert claims(details, "access") == {"tenant_id": CLINIC, "language": "fr"}
    assert details["accessTokenGeneration"]["scopesToAdd"] == []


@pytest.mark.parametrize(("preference", "language"), [("ar", "ar"), ("fr-TN", "fr"), ("EN_us", "en")])
def test_the_language_is_the_plain_code(
    enrich: Callable[..., Event], sign_in: Event, preference: str, language: str
) -> None:
    """B1."""
    attributes(sign_in)["custom:preferred_language"] = preference
    assert claims(enrich(sign_in), "id")["language"] == language


@pytest.mark.parametrize("preference", ["french", "de", "", 7, None])
def test_a_language_that_the_product_does_not_speak_gives_no_claim(
    enrich: Callable[..., Event], sign_in: Event, preference: object
) -> None:
    """B1 B2. A user may write this attribute, so its text never goes into a token as it is."""
    attributes(sign_in)["custom:preferred_language"] = preference
    assert "language" not in claims(enrich(sign_in), "id")


@pytest.mark.parametrize(
    "source", ["HostedAuth", "Authentication", "NewPasswordChallenge", "AuthenticateDevice", "RefreshTokens"]
)
def test_every_way_to_sign_in_and_to_refresh_is_enriched(
    enrich: Callable[..., Event], sign_in: Event, source: str
) -> None:
    """B1."""
    sign_in["triggerSource"] = f"TokenGeneration_{source}"
    assert claims(enrich(sign_in), "access")["tenant_id"] == CLINIC


def refused(enrich: Callable[..., Event], event: object, capsys: pytest.CaptureFixture[str], **options: Any) -> str:
    """The reason in the log, after checking that the user learns nothing."""
    with pytest.raises(Exception) as raised:  # noqa: PT011  # the class belongs to a freshly imported module
        enrich(event, **options)
    assert (type(raised.value).__name__, str(raised.value)) == ("TokenRefusedError", REFUSAL)
    line = json.loads(capsys.readouterr().out)
    assert line["message"] == "token refused"
    return str(line["reason"])


@pytest.mark.parametrize("source", ["TokenGeneration_ClientCredentials", "PreSignUp_SignUp", "", None, ["x"]])
def test_an_unknown_trigger_source_is_refused(
    enrich: Callable[..., Event], sign_in: Event, source: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """B2."""
    sign_in["triggerSource"] = source
    assert refused(enrich, sign_in, capsys) == "UNKNOWN_TRIGGER_SOURCE"


def test_a_machine_client_is_refused(
    enrich: Callable[..., Event], event: Callable[[str], Event], capsys: pytest.CaptureFixture[str]
) -> None:
    """B2. It has no user, hence no clinic."""
    machine = event("pre_token_generation_client_credentials_v3")
    assert refused(enrich, machine, capsys, tenantless="limited") == "UNKNOWN_TRIGGER_SOURCE"


def test_a_v1_event_is_refused(
    enrich: Callable[..., Event], sign_in: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """B2. A pool set to V1_0 would ignore the answer and issue tokens without a clinic."""
    sign_in["version"] = "1"
    assert refused(enrich, sign_in, capsys) == "EVENT_VERSION_IS_1"


BAD_CLINICS = {
    "words": "the clinic of Sfax",
    "braces": f"{{{CLINIC}}}",
    "no dashes": CLINIC.replace("-", ""),
    "too long": f"{CLINIC}0",
    "trailing newline": f"{CLINIC}\n",
    "leading space": f" {CLINIC}",
    "other digits": CLINIC.replace("9", "٩"),
    "a number": 7,
    "a list": [CLINIC],
}


@pytest.mark.parametrize("clinic", BAD_CLINICS.values(), ids=BAD_CLINICS)
@pytest.mark.parametrize("tenantless", ["refuse", "limited"])
def test_a_clinic_id_that_is_no_uuid_is_always_refused(
    enrich: Callable[..., Event],
    sign_in: Event,
    clinic: object,
    tenantless: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """B2. Never read as "no clinic": somebody meant one."""
    attributes(sign_in)["custom:clinic_id"] = clinic
    assert refused(enrich, sign_in, capsys, tenantless=tenantless) == "CLINIC_ID_IS_NO_UUID"


def test_an_upper_case_clinic_id_becomes_canonical(enrich: Callable[..., Event], sign_in: Event) -> None:
    """B1. Services compare tenants as text."""
    attributes(sign_in)["custom:clinic_id"] = CLINIC.upper()
    assert claims(enrich(sign_in), "access")["tenant_id"] == CLINIC


@pytest.mark.parametrize("clinic", [None, ""])
def test_a_user_without_clinic_is_refused_where_config_says_so(
    enrich: Callable[..., Event], sign_in: Event, clinic: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """B2."""
    attributes(sign_in)["custom:clinic_id"] = clinic
    assert refused(enrich, sign_in, capsys) == "NO_CLINIC"


def test_a_user_without_clinic_gets_a_limited_token_where_config_says_so(
    enrich: Callable[..., Event], sign_in: Event
) -> None:
    """B2. No tenant, no role, no scope of ours, even for an administrator; Cognito's own scopes stay."""
    del attributes(sign_in)["custom:clinic_id"]
    details = enrich(groups(sign_in, "admin"), tenantless="limited")
    assert (claims(details, "id"), claims(details, "access")) == ({"language": "fr"}, {"language": "fr"})
    assert details["accessTokenGeneration"]["scopesToAdd"] == []
    assert details["accessTokenGeneration"]["scopesToSuppress"] == ["medflow/staff.read", "medflow/clinic.manage"]


@pytest.mark.parametrize("event", [None, [], "text", 7], ids=repr)
def test_what_is_no_event_is_refused_with_the_same_words(
    enrich: Callable[..., Event], event: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """B2. An AttributeError's text would be shown to the user by managed login."""
    assert refused(enrich, event, capsys) == "UNREADABLE_EVENT"


def test_fields_that_cognito_adds_one_day_change_nothing(enrich: Callable[..., Event], sign_in: Event) -> None:
    """B2."""
    expected = enrich(json.loads(json.dumps(sign_in)))
    sign_in["request"] |= {"newField": {"a": 1}}
    sign_in |= {"version": "4", "another": []}
    assert enrich(sign_in) == expected


def test_groups_that_are_no_roles_are_left_out_of_a_token_that_would_be_too_large(
    enrich: Callable[..., Event], sign_in: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """B1. A hundred long group names make a header that API Gateway refuses on every request."""
    names = [f"{number:03}-{'g' * 120}" for number in range(98)]
    details = enrich(groups(sign_in, "nurse", *names, "doctor"))
    assert details["groupOverrideDetails"]["groupsToOverride"] == ["nurse", "doctor"]
    assert json.loads(capsys.readouterr().out)["dropped_groups"] == 98


def test_a_token_that_is_too_large_without_any_other_group_is_refused(
    enrich: Callable[..., Event], sign_in: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """B1 B2. Only a huge role table does that; half a list of scopes would be a riddle."""
    roles = [{"name": "doctor", "scopes": [f"scope{number}.{'x' * 50}" for number in range(100)]}]
    assert refused(enrich, sign_in, capsys, roles=roles) == "CLAIMS_TOO_LARGE"


def test_the_largest_token_fits_the_headers_of_a_request(enrich: Callable[..., Event], sign_in: Event) -> None:
    """B1. 10,240 bytes for all headers together; the token is the payload in base64 with header and signature."""
    room = 0
    for count in range(1, 100):
        names = [f"{number:03}-{'g' * 120}" for number in range(count)]
        details = enrich(groups(json.loads(json.dumps(sign_in)), *names))
        if details["groupOverrideDetails"]["groupsToOverride"] != names:
            break
        payload = {**claims(details, "access"), "scope": details["accessTokenGeneration"]["scopesToAdd"]}
        room = len(json.dumps({**payload, "cognito:groups": names})) + 700
    assert 5_000 < room * 4 / 3 + 600 < 10_240 - 2_000


def test_a_log_line_tells_the_decision_and_nothing_of_the_user(
    enrich: Callable[..., Event], sign_in: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """B2 G5."""
    enrich(sign_in)
    output = capsys.readouterr()
    assert json.loads(output.out) == {
        "level": "INFO",
        "message": "token enriched",
        "request_id": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "trigger_source": "TokenGeneration_Authentication",
        "user_pool_id": "us-east-1_ExAmPlE01",
        "outcome": "FULL",
        "dropped_groups": 0,
    }
    assert output.err == ""


def test_every_problem_of_the_environment_is_reported_at_once(handler: Callable[..., ModuleType]) -> None:
    """B2."""
    with pytest.raises(ValueError, match="ROLES is missing; RESOURCE_SERVER is missing; TENANTLESS_USERS is missing"):
        handler("token_enricher", ROLES="", RESOURCE_SERVER="", TENANTLESS_USERS="", PRIVILEGED_SCOPES="[]")


BAD_ROLES = {
    "no JSON": "admin",
    "no list": '{"name": "admin", "scopes": []}',
    "empty": "[]",
    "a name twice": '[{"name": "a", "scopes": []}, {"name": "a", "scopes": []}]',
    "scopes as text": '[{"name": "a", "scopes": "read"}]',
    "a scope with a slash": '[{"name": "a", "scopes": ["medflow/read"]}]',
    "no scopes": '[{"name": "a"}]',
    "a name that is a number": '[{"name": 1, "scopes": []}]',
}


@pytest.mark.parametrize("roles", BAD_ROLES.values(), ids=BAD_ROLES)
def test_a_role_table_that_cannot_be_meant_stops_the_start(handler: Callable[..., ModuleType], roles: str) -> None:
    """B2. At start-up, so that a deployment fails and not a sign-in."""
    with pytest.raises(ValueError, match="ROLES must be a JSON list like"):
        handler("token_enricher", ROLES=roles, RESOURCE_SERVER="medflow", TENANTLESS_USERS="refuse")


def test_an_unknown_policy_and_a_bad_resource_server_are_named(handler: Callable[..., ModuleType]) -> None:
    """B2."""
    with pytest.raises(
        ValueError, match=r"RESOURCE_SERVER is 'med flow'.*TENANTLESS_USERS is 'allow', expected one of"
    ):
        handler("token_enricher", ROLES=json.dumps(ROLES), RESOURCE_SERVER="med flow", TENANTLESS_USERS="allow")


@pytest.fixture
def privileged(handler: Callable[..., ModuleType], context: Any) -> Callable[..., tuple[Event, list[str]]]:
    """The trigger where records.* and clinic.manage are privileged: its details, and whom it asked the pool about."""

    def call(event: Event, *answers: object) -> tuple[Event, list[str]]:
        asked: list[str] = []
        replies = list(answers)

        class Pool:
            def admin_get_user(self, *, UserPoolId: str, Username: str) -> Any:  # noqa: N803  (boto3's names)
                asked.append(f"{UserPoolId} {Username}")
                reply = replies.pop(0)
                if isinstance(reply, Exception):
                    raise reply
                return {"UserMFASettingList": reply} if reply else {}

        module = handler(
            "token_enricher",
            ROLES=json.dumps(ROLES),
            RESOURCE_SERVER="medflow",
            TENANTLESS_USERS="refuse",
            PRIVILEGED_SCOPES='["records.read", "records.write", "clinic.manage"]',
        )
        module.__dict__["FACTORS"] = module.SecondFactors(Pool)
        returned = None
        for _ in answers or [None]:
            returned = module.lambda_handler(json.loads(json.dumps(event)), context)
        assert returned is not None
        details: Event = returned["response"]["claimsAndScopeOverrideDetails"]
        return details, asked

    return call


def scopes(details: Event) -> list[str]:
    found: list[str] = details["accessTokenGeneration"]["scopesToAdd"]
    return found


def test_a_privileged_role_with_a_second_factor_gets_all_its_scopes(
    privileged: Callable[..., tuple[Event, list[str]]], sign_in: Event
) -> None:
    """A4 B1."""
    details, asked = privileged(groups(sign_in, "doctor"), ["SOFTWARE_TOKEN_MFA"])
    assert scopes(details) == ["medflow/profile.read", "medflow/staff.read", "medflow/records.write"]
    assert asked == [f"{sign_in['userPoolId']} {sign_in['userName']}"]


def test_a_privileged_role_without_a_second_factor_gets_no_privileged_scope(
    privileged: Callable[..., tuple[Event, list[str]]], sign_in: Event
) -> None:
    """A4. Neither in the access token nor in what the ID token tells; roles and clinic stay."""
    details, _ = privileged(groups(sign_in, "doctor"), None)
    assert scopes(details) == ["medflow/profile.read", "medflow/staff.read"]
    assert claims(details, "id")["scopes"] == ["medflow/profile.read", "medflow/staff.read"]
    assert claims(details, "access")["role"] == "doctor"


def test_a_privileged_scope_that_was_asked_for_is_suppressed_without_a_second_factor(
    privileged: Callable[..., tuple[Event, list[str]]], sign_in: Event
) -> None:
    """A4."""
    sign_in["request"]["scopes"] = ["medflow/records.write", "openid"]
    details, _ = privileged(groups(sign_in, "doctor"), None)
    assert details["accessTokenGeneration"]["scopesToSuppress"] == ["medflow/records.write"]


def test_a_pool_that_cannot_be_asked_means_no_privileged_scope(
    privileged: Callable[..., tuple[Event, list[str]]], sign_in: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """A4 B2. Closed, but the user signs in, and the log tells why."""
    details, _ = privileged(groups(sign_in, "doctor"), TimeoutError("took too long"))
    assert scopes(details) == ["medflow/profile.read", "medflow/staff.read"]
    assert '"second factor unknown"' in capsys.readouterr().out


def test_nobody_else_is_asked_about(privileged: Callable[..., tuple[Event, list[str]]], sign_in: Event) -> None:
    """A4 B6. A patient's sign-in waits for no network."""
    details, asked = privileged(groups(sign_in, "patient"))
    assert (scopes(details), asked) == (["medflow/profile.read"], [])


def test_an_enrolled_factor_is_remembered_and_a_missing_one_is_not(
    privileged: Callable[..., tuple[Event, list[str]]], sign_in: Event
) -> None:
    """A4. Enrolling helps with the next token; a refresh of an enrolled user asks nobody."""
    details, asked = privileged(groups(sign_in, "doctor"), None, ["SOFTWARE_TOKEN_MFA"], AssertionError)
    assert "medflow/records.write" in scopes(details)
    assert len(asked) == 2


def test_of_a_federated_user_the_provider_answers_for_the_second_factor(
    privileged: Callable[..., tuple[Event, list[str]]], sign_in: Event
) -> None:
    """A4 A7."""
    attributes(sign_in)["cognito:user_status"] = "EXTERNAL_PROVIDER"
    details, asked = privileged(groups(sign_in, "doctor"))
    assert "medflow/records.write" in scopes(details)
    assert asked == []


def test_a_remembered_factor_is_asked_about_again_after_its_time() -> None:
    """A4. A removed factor counts within five minutes."""
    from token_enricher.store import MEMORY_SECONDS, SecondFactors

    now, asked = [0.0], []

    class Pool:
        def admin_get_user(self, **who: str) -> Any:
            asked.append(who)
            return {"UserMFASettingList": ["SOFTWARE_TOKEN_MFA"]}

    factors = SecondFactors(Pool, lambda: now[0])
    assert [factors.enrolled("pool", "user") for _ in range(2)] == [True, True]
    now[0] = MEMORY_SECONDS + 1
    factors.enrolled("pool", "user")
    assert len(asked) == 2
