"""The configuration of a stack: what is taken, what is refused, and how the refusal reads."""

import re
from functools import cache
from typing import Any

import pytest

import settings
from settings import Environment, EnvironmentKind, Settings, SettingsError, parse
from settings.rules import RULES
from support.pulumi_harness import ROOT, synth
from support.stack_config import stack_config

COMMITTED = ("dev", "staging", "prod", "local")


@cache
def committed(stack: str) -> dict[str, str]:
    return dict(stack_config(ROOT, stack, {}).config)


def config(stack: str, **changes: Any) -> dict[str, object]:
    """The committed configuration of a stack with some keys replaced; None removes one."""
    kind = stack.split("-")[0].replace("pr", "dev") if stack.startswith("pr-") else stack.split("-")[0]
    merged: dict[str, object] = {**committed(kind), **{f"medflow:{key}": value for key, value in changes.items()}}
    return {key: value for key, value in merged.items() if value is not None}


def refusal(stack: str, **changes: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        parse("medflow", stack, config(stack, **changes))
    return str(caught.value)


@pytest.mark.parametrize("stack", COMMITTED)
def test_the_committed_files_are_taken(stack: str) -> None:
    """A14."""
    assert parse("medflow", stack, config(stack)).environment.name == stack


@pytest.mark.parametrize(
    ("stack", "kind"),
    [("dev-anna", EnvironmentKind.DEV), ("pr-17", EnvironmentKind.DEV), ("prod", EnvironmentKind.PROD)],
)
def test_the_stack_s_name_says_what_it_is(stack: str, kind: EnvironmentKind) -> None:
    """F1."""
    assert parse("medflow", stack, config(stack)).environment.kind is kind


@pytest.mark.parametrize("stack", ["production", "dev-", "dev-Anna", "pr-x", "pr-0"])
def test_a_stack_of_any_other_name_is_refused(stack: str) -> None:
    with pytest.raises(SettingsError, match="is none of local, dev, staging, prod, dev-<who> and pr-<number>"):
        parse("medflow", stack, config("dev"))


def test_every_resource_is_tagged_with_who_what_and_where() -> None:
    """A16."""
    assert parse("medflow", "prod", config("prod")).tags == {
        "Project": "medflow",
        "Environment": "prod",
        "ManagedBy": "pulumi",
        "Owner": "identity-team",
        "DataClass": "personal-health",
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mfa": "MAYBE"}, "medflow:mfa: is 'MAYBE': input should be 'OFF', 'OPTIONAL' or 'ON'"),
        ({"passwordMinimumLength": "ten"}, "medflow:passwordMinimumLength: is 'ten': input should be a valid integer"),
        (
            {"passwordMinimumLength": "100"},
            "medflow:passwordMinimumLength: is '100': input should be less than or equal",
        ),
        ({"selfSignUp": "perhaps"}, "medflow:selfSignUp: is 'perhaps': input should be a valid boolean"),
        ({"corsOrigins": "https://a.b"}, "medflow:corsOrigins: is 'https://a.b': is not JSON"),
        ({"region": "paris"}, "medflow:region: is 'paris': string should match pattern"),
        ({"allowedAccountIds": '["12"]'}, "medflow:allowedAccountIds[0]: is '12': string should match pattern"),
        ({"logRetentionDays": "2"}, "medflow:logRetentionDays: is '2': must be one of 1, 3, 5"),
        (
            {"databaseMinimumCapacity": "0.3"},
            "medflow:databaseMinimumCapacity: is '0.3': must be a number in steps of 0.5",
        ),
        ({"databaseClusterArn": "users"}, "medflow:databaseClusterArn: is 'users': string should match pattern"),
        ({"roles": "[]"}, "medflow:roles: is '[]'"),
        ({"roles": '[{"name": "x"}]'}, "medflow:roles[0][description]: is missing"),
        ({"mfa": None}, "medflow:mfa: is missing; Pulumi.yaml declares it, set it with `pulumi config set mfa …`"),
        ({"mfaa": "ON"}, "medflow:mfaa: is no key of this project; did you mean mfa?"),
        ({"zzzzzz": "ON"}, "medflow:zzzzzz: is no key of this project; Pulumi.yaml lists the keys"),
    ],
)
def test_a_bad_value_is_refused_with_its_key_and_what_would_do(changes: dict[str, Any], message: str) -> None:
    """A14."""
    assert message in refusal("dev", **changes)


def test_every_problem_is_told_at_once() -> None:
    """A14."""
    text = refusal("dev", mfa="MAYBE", passwordMinimumLength="ten", nonsense="1")
    assert [line for line in text.splitlines() if line.startswith("  - ")] == re.findall(r"  - medflow:.*", text)
    assert text.count("  - medflow:") == 3


def test_a_secret_value_is_not_repeated_in_the_refusal() -> None:
    """A14. A secret pasted into the wrong key must not end in a build log."""

    def program() -> None:
        import pulumi

        pulumi.runtime.set_all_config({k: str(v) for k, v in config("dev", mfa="hunter2").items()}, ["medflow:mfa"])
        with pytest.raises(SettingsError) as caught:
            settings.load()
        assert "hunter2" not in str(caught.value)
        assert "medflow:mfa: is a secret: input should be" in str(caught.value)

    synth(program)


BROKEN_RULES: list[tuple[str, dict[str, Any], str]] = [
    ("prod", {"documentBucketArn": "arn:aws:s3:::documents"}, "documentBucketArn: needs enableIdentityPool"),
    ("dev", {"linkingProviders": '[{"name": "Nobody"}]'}, "'Nobody' is none of the configured identity providers"),
    ("prod", {"firewall": "false"}, "firewall: must be true in prod"),
    ("dev", {"threatProtection": "AUDIT"}, "poolTier: must be PLUS"),
    ("dev", {"googleClientId": "x"}, "googleClientSecret: goes together"),
    ("dev", {"passkeys": "true", "mfa": "ON"}, "passkeys: must be false with mfa ON"),
    (
        "prod",
        {"applicationUrl": "http://localhost:5173/"},
        "applicationUrl: http://localhost:5173/ points to localhost",
    ),
    ("dev", {"emailFromAddress": "no-reply@medflow.com"}, "emailFromAddress: goes together with emailSourceArn"),
    ("prod", {"allowedAccountIds": "[]"}, "allowedAccountIds: must name the AWS account of prod"),
    ("staging", {"allowedAccountIds": "[]"}, "allowedAccountIds: must name the AWS account of staging"),
    ("staging", {"secretRecoveryDays": "3"}, "secretRecoveryDays: must be 0, or 7 to 30"),
    ("dev", {"poolTier": "LITE"}, "poolTier: must be ESSENTIALS or PLUS"),
    ("dev", {"domainPrefix": "my-aws-pages"}, "domainPrefix: must not contain 'aws'"),
    ("dev", {"domainPrefix": "x y"}, "domainPrefix: must be 1 to 63 lower-case letters"),
    ("dev", {"corsOrigins": '["https://app.x.com/"]'}, "corsOrigins: https://app.x.com/ must be scheme and host alone"),
    (
        "dev",
        {
            "domainPrefix": "",
            "customDomainName": "auth.medflow.com",
            "certificateArn": "arn:aws:acm:eu-west-3:123456789012:certificate/1",
        },
        "certificateArn: must be an ACM certificate in us-east-1",
    ),
    (
        "dev",
        {"machineScopes": '["staff.read"]', "enableHostedUi": "false"},
        "machineScopes: needs enableHostedUi",
    ),
    ("prod", {"webCallbackUrls": '["https://localhost:3000/"]'}, "https://localhost:3000/ points to localhost"),
    ("dev", {"webCallbackUrls": '["http://localhost.evil.com/"]'}, "http://localhost.evil.com/ must start with https"),
    ("dev", {"localEndpoint": "http://127.0.0.1:4566"}, "localEndpoint: is for the stack local alone"),
    ("local", {"localEndpoint": ""}, "localEndpoint: is empty; the stack local needs the URL"),
    ("prod", {"deletionProtection": "false"}, "deletionProtection: must be true in prod"),
    ("prod", {"secretRecoveryDays": "0"}, "secretRecoveryDays: must be 7 to 30 in prod"),
    ("prod", {"databaseBackupDays": "1"}, "databaseBackupDays: must be at least 7 in prod"),
    ("prod", {"mfa": "OPTIONAL"}, "mfa: must be ON in prod"),
    ("prod", {"passwordMinimumLength": "11"}, "passwordMinimumLength: must be at least 12 in prod"),
    ("staging", {"passwordMinimumLength": "11"}, "passwordMinimumLength: must be at least 12 in staging"),
    ("dev", {"passwordMinimumLength": "7"}, "passwordMinimumLength: must be at least 8 in dev"),
    ("prod", {"tenantlessUsers": "limited"}, "tenantlessUsers: must be refuse in prod"),
    ("prod", {"accessTokenMinutes": "61"}, "accessTokenMinutes: must be at most 60 in prod"),
    ("staging", {"corsOrigins": '["*"]'}, "corsOrigins: must name the web application's origins"),
    ("prod", {"corsOrigins": '["http://app.medflow.com"]'}, "http://app.medflow.com must start with https://"),
    ("prod", {"webCallbackUrls": '["http://localhost:5173/"]'}, "localhost:5173/ points to localhost"),
    ("staging", {"webLogoutUrls": '["http://localhost/"]'}, "webLogoutUrls: http://localhost/ points to localhost"),
    ("dev", {"domainPrefix": ""}, "domainPrefix: give exactly one of domainPrefix and customDomainName"),
    (
        "dev",
        {"domainPrefix": "", "customDomainName": "auth.medflow.com"},
        "hostedZoneId: or certificateArn is missing",
    ),
    ("dev", {"webCallbackUrls": "[]"}, "webCallbackUrls: must not be empty with enableHostedUi"),
    (
        "dev",
        {"databaseClusterArn": "arn:aws:rds:eu-west-3:123456789012:cluster:c"},
        "databaseSecretArn: is missing: the existing cluster needs the secret",
    ),
    (
        "dev",
        {"databaseSecretArn": "arn:aws:secretsmanager:eu-west-3:123456789012:secret:s"},
        "databaseClusterArn: is missing: databaseSecretArn goes with an existing cluster",
    ),
    ("dev", {"databaseMinimumCapacity": "64"}, "databaseMinimumCapacity: must not exceed databaseMaximumCapacity"),
    ("dev", {"databaseMaximumCapacity": "0.5"}, "databaseMaximumCapacity: must be at least 1"),
    ("prod", {"databaseMinimumCapacity": "0"}, "databaseMinimumCapacity: must be above 0 in prod"),
    ("dev", {"machineScopes": '["fly"]'}, "machineScopes: names the unknown scope 'fly'"),
    (
        "dev",
        {"roles": '[{"name":"a","description":"","scopes":["fly"]}]'},
        "role 'a' names the unknown scope 'fly'",
    ),
    (
        "dev",
        {"roles": '[{"name":"a","description":"","scopes":[]},{"name":"a","description":"","scopes":[]}]'},
        "role 'a' stands twice",
    ),
]


@pytest.mark.parametrize(("stack", "changes", "message"), BROKEN_RULES)
def test_a_rule_is_told_with_its_key_and_its_fix(stack: str, changes: dict[str, Any], message: str) -> None:
    """A14."""
    assert message in refusal(stack, **changes)


def test_star_is_an_origin_in_dev() -> None:
    """D1."""
    assert parse("medflow", "dev", config("dev", corsOrigins='["*"]')).settings.cors_origins == ("*",)


def test_each_rule_has_a_case_above() -> None:
    """A rule that nothing breaks may as well not be there."""
    broken = set()
    for stack, changes, _ in BROKEN_RULES:
        values = {key.removeprefix("medflow:"): value for key, value in config(stack, **changes).items()}
        read, environment = Settings.model_validate(values), Environment.of(stack)
        broken |= {rule for rule in RULES if list(rule(read, environment))}
    assert broken == set(RULES)
