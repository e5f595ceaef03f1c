"""The pre sign-up trigger, called as Cognito calls it for those who sign up themselves and those who are invited."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sign_up_validator import env, values

Event = dict[str, Any]

LAMBDAS = Path(__file__).resolve().parents[2] / "lambdas"
CLINIC = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
REFUSAL = "This account cannot be created at the moment, please contact your clinic"
UNCHANGED = {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}
PERSONAL = ("haddad", "example.org", "50123456", "6f9619ff", "cardiology", "1234567893", "أمينة", "tn-4711", "surprise")

ENVIRONMENT: dict[str, Any] = {
    "EMAIL_DOMAINS": {"allow": [], "deny": []},
    "LICENSE_STATES": ["CA", "TN", "TN-11"],
    "PROVIDERS": [],
    "ROLES": ["admin", "doctor", "patient"],
    "SELF_REGISTRATION": {"roles": [], "clinics": [], "license": False},
}


@pytest.fixture
def validator(handler: Callable[..., ModuleType]) -> Callable[..., ModuleType]:
    """The handler module, with an environment that differs in some variables."""

    def start(**changes: Any) -> ModuleType:
        return handler(
            "sign_up_validator", **{key: json.dumps(value) for key, value in {**ENVIRONMENT, **changes}.items()}
        )

    return start


@pytest.fixture
def sign_up(event: Callable[[str], Event]) -> Event:
    return event("pre_sign_up")


def of(event: Event, source: str = "PreSignUp_SignUp", **attributes: str | None) -> Event:
    """The event with other attributes (`custom_` stands for `custom:`)."""
    event["triggerSource"] = source
    named = {name.replace("custom_", "custom:"): value for name, value in attributes.items()}
    event["request"]["userAttributes"].update(named)
    return event


def refusal(module: ModuleType, event: object, context: object) -> str:
    with pytest.raises(Exception) as refused:  # noqa: PT011  # the module is imported anew, and its error class with it
        module.lambda_handler(event, context)
    assert type(refused.value).__name__ in ("RefusedError", "UndecidedError")
    return str(refused.value)


def test_a_good_sign_up_passes_unconfirmed_and_unverified(
    validator: Callable[..., ModuleType], sign_up: Event, context: Any
) -> None:
    """A13 A12. A code by e-mail confirms and verifies; the trigger does neither."""
    answer = validator().lambda_handler(sign_up, context)
    assert answer == {**sign_up, "response": UNCHANGED}


def test_a_flag_that_came_set_does_not_stay_set(
    validator: Callable[..., ModuleType], sign_up: Event, context: Any
) -> None:
    """A13. What goes back is decided here."""
    sign_up["response"] = {"autoConfirmUser": True, "autoVerifyEmail": True}
    assert validator().lambda_handler(sign_up, context)["response"] == UNCHANGED


IMPOSSIBLE: dict[str, tuple[str, str, list[str]]] = {
    "npi_number": (
        "custom:npi_number",
        "must be ten digits with a valid check digit",
        [
            "1234567890",
            "123456789",
            "12345678933",
            "٠١٢٣٤٥٦٧٨٩",
            "3234567899",
            "0234567895",
            "1\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u0663",
            " 1234567893",
            "1234567893\n",
            "0000000000",
        ],
    ),
    "preferred_language": ("custom:preferred_language", "must be ar, fr or en", ["de", "AR", "fr-TN", "ar\n", "xx"]),
    "specialties": (
        "custom:specialties",
        "must be a JSON array of at most 20 texts of at most 64 characters",
        [
            "cardiology",
            '{"a": 1}',
            "[1]",
            '[""]',
            '[" "]',
            "[" * 2000,
            json.dumps(["x"] * 21),
            json.dumps(["x" * 65]),
            '["a\\u202eb"]',
            json.dumps(["x" * 60] * 19) + " " * 2048,
            "1" * 2048,
        ],
    ),
    "phone_number": (
        "phone_number",
        "must be a plus and 7 to 15 digits",
        [
            "21650123456",
            "+216 50123456",
            "+0123456789",
            "+123456",
            "+1234567890123456",
            "+٢١٦٥٠١٢٣٤٥٦",
            "+21650123456\n",
        ],
    ),
    "email": (
        "email",
        "must be an e-mail address",
        [
            "amina",
            "a@b",
            "a@b@example.org",
            "a b@example.org",
            '"a b"@example.org',
            "a..b@example.org",
            ".a@example.org",
            "a@-x.example",
            "a@example.org.",
            "a@exämple.org",
            "amina@example.org\u202e",
            f"{'a' * 65}@example.org",
            f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 20}.org",
            'a"@example.org',
            "a\\@example.org",
        ],
    ),
    "name": (
        "name",
        "must be at most 255 printable characters",
        [
            "x" * 256,
            "Amina\x00",
            "Amina\nHaddad",
            "\x1b[2J",
            "Dr\u202eanimA",
            "a\u2066b",
            "a\u200fb",
            "a\u200eb",
            "a\u061cb",
            "a\u200bb",
            "\ufeffa",
            "\ud800",
            "a\U000e0041",
            "   ",
        ],
    ),
    "given_name": ("given_name", "must be at most 255 printable characters", ["x" * 256, "\u202d"]),
    "family_name": ("family_name", "must be at most 255 printable characters", ["x" * 256, "\u202a"]),
}
CASES = [(field, *rest, value) for field, (*rest, several) in IMPOSSIBLE.items() for value in several]


@pytest.mark.parametrize(("field", "attribute", "text", "value"), CASES)
@pytest.mark.parametrize("source", ["PreSignUp_SignUp", "PreSignUp_AdminCreateUser", "PreSignUp_ExternalProvider"])
def test_an_impossible_value_is_refused_by_its_field_s_name_however_the_user_comes(
    validator: Callable[..., ModuleType],
    sign_up: Event,
    context: Any,
    source: str,
    field: str,
    attribute: str,
    text: str,
    value: str,
) -> None:
    """A13. Digits of another script are no digits to whoever reads them later, and an override makes a name read as
    another."""
    assert refusal(validator(), of(sign_up, source, **{attribute: value}), context) == f"{field} {text}"


POSSIBLE = {
    "custom:npi_number": ["1234567893", "1993999998", "2000000002"],
    "custom:preferred_language": ["ar", "fr", "en"],
    "custom:specialties": ["[]", '["cardiology"]', json.dumps(["x" * 64] * 20)],
    "phone_number": ["+21650123456", "+12025550123", "+2908123", "+123456789012345"],
    "email": ["a@example.org", "o'neil+tag@mail.example.co.uk", f"{'a' * 64}@example.org", "a@xn--exmple-cua.org"],
    "name": ["أمينة حدّاد", "Zoë O'Neil-Smith", "\u0645\u06cc\u200c\u062e\u0648", "x" * 255, "李小龍", "Ng"],
    "nickname": ["x" * 2048],
}


@pytest.mark.parametrize(
    ("attribute", "value"), [(name, value) for name, several in POSSIBLE.items() for value in several]
)
def test_a_possible_value_passes(
    validator: Callable[..., ModuleType], sign_up: Event, context: Any, attribute: str, value: str
) -> None:
    """A13. Arabic names need no marks of direction, and the joiner that shapes letters stays allowed."""
    assert validator().lambda_handler(of(sign_up, **{attribute: value}), context)["response"] == UNCHANGED


def test_all_impossible_fields_are_named_at_once_and_no_value_is(
    validator: Callable[..., ModuleType], sign_up: Event, context: Any
) -> None:
    """A13. Who mends one field should not learn of the next only then."""
    event = of(sign_up, custom_npi_number="1111111111", phone_number="surprise", name="x\u202ey")
    assert refusal(validator(), event, context) == (
        "name must be at most 255 printable characters; npi_number must be ten digits with a valid check digit; "
        "phone_number must be a plus and 7 to 15 digits"
    )


@pytest.mark.parametrize("absent", [None, ""])
def test_an_optional_attribute_may_be_absent(
    validator: Callable[..., ModuleType], sign_up: Event, context: Any, absent: str | None
) -> None:
    """A13. Patients have no NPI; what is required the pool's schema says."""
    for name in sign_up["request"]["userAttributes"]:
        sign_up["request"]["userAttributes"][name] = absent
    assert validator().lambda_handler(sign_up, context)["response"] == UNCHANGED


PRIVILEGED = {
    "clinic_id": CLINIC,
    "user_role": "patient",
    "medical_license": "TN-4711",
    "license_state": "TN",
}


@pytest.mark.parametrize(("field", "value"), PRIVILEGED.items())
@pytest.mark.parametrize("source", ["PreSignUp_SignUp", "PreSignUp_ExternalProvider"])
@pytest.mark.parametrize("prefix", ["custom:", "dev:custom:", "Custom:", ""])
def test_a_privileged_attribute_is_refused_to_whoever_was_not_invited(
    validator: Callable[..., ModuleType], sign_up: Event, context: Any, source: str, prefix: str, field: str, value: str
) -> None:
    """A13 A5. The same words for a clinic that exists and one that does not."""
    event = of(sign_up, source, **{f"{prefix}{field}": value})
    assert refusal(validator(), event, context) == f"{field} is assigned by the clinic"


@pytest.mark.parametrize(("field", "value"), PRIVILEGED.items())
def test_an_administrator_gives_privileged_attributes(
    validator: Callable[..., ModuleType], sign_up: Event, context: Any, field: str, value: str
) -> None:
    """A13."""
    event = of(sign_up, "PreSignUp_AdminCreateUser", **{f"custom:{field}": value})
    assert validator().lambda_handler(event, context)["response"] == UNCHANGED


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("clinic_id", "clinic-7", "must be a UUID"),
        ("clinic_id", f"{CLINIC}\n", "must be a UUID"),
        ("user_role", "docter", "must be a known role"),
        ("license_state", "XX", "must be a known state or territory"),
        ("license_state", "tn", "must be a known state or territory"),
        ("medical_license", "x" * 65, "must be at most 64 printable characters"),
    ],
)
def test_an_administrator_s_impossible_value_is_refused_all_the_same(
    validator: Callable[..., ModuleType], sign_up: Event, context: Any, field: str, value: str, text: str
) -> None:
    """A13. A clinic id that is no UUID would give no token, a misspelt role no scope, and nobody would know why."""
    event = of(sign_up, "PreSignUp_AdminCreateUser", **{f"custom:{field}": value})
    assert refusal(validator(), event, context) == f"{field} {text}"


OWN = {"roles": ["patient"], "clinics": [CLINIC], "license": True}


@pytest.mark.parametrize(("field", "value"), PRIVILEGED.items())
def test_what_config_allows_may_be_said_at_sign_up(
    validator: Callable[..., ModuleType], sign_up: Event, context: Any, field: str, value: str
) -> None:
    """A13."""
    event = of(sign_up, **{f"custom:{field}": value})
    assert validator(SELF_REGISTRATION=OWN).lambda_handler(event, context)["response"] == UNCHANGED


@pytest.mark.parametrize(
    ("field", "value"),
    [("user_role", "admin"), ("user_role", "Patient"), ("clinic_id", CLINIC.replace("6", "7")), ("clinic_id", "x")],
)
def test_what_config_does_not_allow_stays_refused(
    validator: Callable[..., ModuleType], sign_up: Event, context: Any, field: str, value: str
) -> None:
    """A13. Allowing patients to choose a clinic makes nobody an administrator of it."""
    event = of(sign_up, **{f"custom:{field}": value})
    assert refusal(validator(SELF_REGISTRATION=OWN), event, context) == f"{field} is assigned by the clinic"


@pytest.mark.parametrize("flag", ["email_verified", "phone_number_verified"])
def test_nobody_verifies_themselves(
    validator: Callable[..., ModuleType], sign_up: Event, context: Any, flag: str
) -> None:
    """A13 A12. Cognito refuses it, too; an address that counts as verified opens links and recovery."""
    assert refusal(validator(), of(sign_up, **{flag: "true"}), context) == f"{flag} is set once a code was confirmed"


@pytest.mark.parametrize(
    ("domains", "email", "passes"),
    [
        ({"allow": ["clinic.example"], "deny": []}, "a@clinic.example", True),
        ({"allow": ["clinic.example"], "deny": []}, "a@CLINIC.example", True),
        ({"allow": ["clinic.example"], "deny": []}, "a@evil-clinic.example", False),
        ({"allow": ["clinic.example"], "deny": []}, "a@sub.clinic.example", False),
        ({"allow": ["clinic.example"], "deny": []}, "", False),
        ({"allow": [], "deny": ["mail.example"]}, "a@mail.example", False),
        ({"allow": [], "deny": ["mail.example"]}, "a@Mail.Example", False),
        ({"allow": [], "deny": ["mail.example"]}, "a@x.mail.example", False),
        ({"allow": [], "deny": ["mail.example"]}, "a@gmail.example", True),
        ({"allow": [], "deny": ["mail.example"]}, "", False),
        ({"allow": ["mail.example"], "deny": ["mail.example"]}, "a@mail.example", False),
    ],
)
def test_the_domain_of_an_address_may_be_allowed_or_denied(
    validator: Callable[..., ModuleType],
    sign_up: Event,
    context: Any,
    domains: dict[str, list[str]],
    email: str,
    passes: bool,
) -> None:
    """A13. Both lists err on the side of refusal: below a denied domain all is denied, below an allowed one nothing is
    allowed by itself."""
    module, event = validator(EMAIL_DOMAINS=domains), of(sign_up, email=email)
    if passes:
        assert module.lambda_handler(event, context)["response"] == UNCHANGED
    else:
        assert refusal(module, event, context) == "email must be of a domain that may register here"


def test_an_attribute_that_nobody_here_knows_is_refused_without_its_name(
    validator: Callable[..., ModuleType], sign_up: Event, context: Any
) -> None:
    """A13. A name from outside is not repeated to whoever reads the page or the log."""
    event = of(sign_up, **{"custom:<b>surprise": "\u202e"})
    assert refusal(validator(), event, context) == "attributes must be printable characters"


@pytest.mark.parametrize("value", [1, True, ["a"], {"a": 1}])
def test_a_value_that_is_no_text_is_refused(
    validator: Callable[..., ModuleType], sign_up: Event, context: Any, value: Any
) -> None:
    """A13."""
    sign_up["request"]["userAttributes"]["custom:user_role"] = value
    assert refusal(validator(), sign_up, context) == "attributes must be texts"


@pytest.mark.parametrize(
    "event", [None, [], "x", {}, {"triggerSource": "PreSignUp_New"}, {"triggerSource": ["PreSignUp_SignUp"]}]
)
def test_what_is_no_known_sign_up_is_refused_and_counted(
    validator: Callable[..., ModuleType], context: Any, capsys: pytest.CaptureFixture[str], event: Any
) -> None:
    """A13. Fails closed; the alarm watches the metric, since a user cannot bring it about."""
    assert refusal(validator(), event, context) == REFUSAL
    line = json.loads(capsys.readouterr().out)
    assert (line["reason"], line["SignUpUndecided"]) == ("UNKNOWN_TRIGGER_SOURCE", 1)
    assert line["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "MedFlow",
            "Dimensions": [["service"]],
            "Metrics": [{"Name": "SignUpUndecided", "Unit": "Count"}],
        }
    ]


@pytest.mark.parametrize("key", ["userPoolId", "userName", "request"])
def test_an_event_without_what_the_decision_needs_is_refused(
    validator: Callable[..., ModuleType], sign_up: Event, context: Any, key: str
) -> None:
    """A13."""
    del sign_up[key]
    assert refusal(validator(), sign_up, context) == REFUSAL


def test_an_error_that_nobody_expected_is_named_and_not_quoted(
    validator: Callable[..., ModuleType],
    sign_up: Event,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A13 G5."""
    module = validator()

    def check(*_: Any) -> None:
        raise LookupError("Amina Haddad")

    monkeypatch.setattr(module, "check", check)
    assert refusal(module, sign_up, context) == REFUSAL
    line = json.loads(capsys.readouterr().out)
    assert (line["reason"], line["SignUpUndecided"]) == ("UNEXPECTED_LookupError", 1)


@pytest.mark.parametrize(
    "broken", [{}, {"custom:npi_number": "1234567894"}, {"name": "Haddad\x00"}, {"email": "Haddad"}]
)
def test_a_log_line_tells_the_decision_and_nothing_of_the_user(
    validator: Callable[..., ModuleType],
    sign_up: Event,
    context: Any,
    capsys: pytest.CaptureFixture[str],
    broken: dict[str, str],
) -> None:
    """G5 A13."""
    module, event = validator(), of(sign_up, **broken)
    if broken:
        refusal(module, event, context)
    else:
        module.lambda_handler(event, context)
    output = capsys.readouterr()
    [line] = map(json.loads, output.out.splitlines())
    assert not [text for text in PERSONAL if text in (output.out + output.err).lower()]
    assert (line["request_id"], line["trigger_source"]) == (context.aws_request_id, "PreSignUp_SignUp")
    assert line.get("fields", []) == [name.removeprefix("custom:") for name in broken]


def test_a_refused_user_is_not_counted(
    validator: Callable[..., ModuleType], sign_up: Event, context: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A13. Else anybody who mistypes a number would raise the alarm."""
    refusal(validator(), of(sign_up, custom_npi_number="1111111111"), context)
    assert "SignUpUndecided" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"ROLES": ""}, "ROLES is missing"),
        ({"ROLES": "", "PROVIDERS": "["}, "PROVIDERS is no JSON; ROLES is missing"),
        ({"ROLES": "[]"}, "do not have the shape"),
        ({"ROLES": "[1]"}, "do not have the shape"),
        ({"PROVIDERS": '[{"name": "Google"}]'}, "do not have the shape"),
        ({"PROVIDERS": '[{"name": "", "email_domains": [], "subject_attribute": ""}]'}, "do not have the shape"),
        ({"EMAIL_DOMAINS": "[]"}, "do not have the shape"),
        ({"SELF_REGISTRATION": '{"roles": [], "clinics": [], "license": "no"}'}, "do not have the shape"),
        ({"LICENSE_STATES": "{}"}, "do not have the shape"),
    ],
)
def test_a_function_that_is_configured_wrongly_does_not_start(changes: dict[str, str], problem: str) -> None:
    """A13. Every sign-up fails then, which is the closed direction."""
    variables = {key: json.dumps(value) for key, value in ENVIRONMENT.items()} | changes
    with pytest.raises(ValueError, match=f"sign_up_validator: .*{problem}"):
        env.parse(variables)


def test_an_ordinary_sign_up_loads_no_sdk() -> None:
    """A13. boto3 takes longer to load than everything else here; only a link needs it."""
    script = (
        "import json, sys; from sign_up_validator import handler;"
        f" handler.lambda_handler(json.load(open({str(LAMBDAS.parent / 'tests/events/pre_sign_up.json')!r})), None);"
        " print(json.dumps([name for name in ('boto3', 'botocore', 'aws_lambda_powertools') if name in sys.modules]))"
    )
    variables = {key: json.dumps(value) for key, value in ENVIRONMENT.items()}
    done = subprocess.run(
        [sys.executable, "-B", "-c", script],
        env={"PYTHONPATH": str(LAMBDAS), "PATH": os.defpath, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_what_passes_here_fits_the_event_that_follows() -> None:
    """A13 C1. A name that passes and breaks `user.registered` would be a dead letter."""
    schema = json.loads((LAMBDAS / "medflow_runtime/schemas/user.registered.v1.json").read_text())
    user = schema["properties"]["user"]["properties"]
    assert user["name"]["maxLength"] >= values.MAX_TEXT
    assert user["email"]["maxLength"] >= values.MAX_EMAIL
    assert user["medical_license"]["maxLength"] >= values.MAX_LICENSE
    assert user["specialties"]["items"]["maxLength"] >= values.MAX_SPECIALTY
