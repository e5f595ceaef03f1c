"""The pre sign-up trigger: a Lambda that checks what a new user says, and links users of identity providers.

Owns the function, its role and its alarms. Does not own the pool, nor what the function may do with it: CognitoAuth
grants the invocation and, by `pool_operations`, the calls that a link needs.
"""

import json
import re
from typing import Final, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._alarms import SLOW_SHARE
from components._checks import refuse
from components._names import Kind, physical_name
from components._operations import OperationsArgs
from components._python_lambda import PythonLambda, PythonLambdaArgs

TRIGGER_TIMEOUT_SECONDS = 5
"""Cognito waits no longer ("Customizing user pool workflows with Lambda triggers", Cognito Developer Guide)."""

MEMORY_MB = 1024
"""Processor share grows with it, and the first link of a cold function loads boto3 within Cognito's 5 s."""

ENVIRONMENT_BYTES = 3_500
"""For all settings together; AWS takes 4 KB, names and the platform's own included."""

LINK_OPERATIONS: Final = ["AdminGetUser", "AdminLinkProviderForUser", "ListUsers"]
"""`pool_operations` of the trigger where providers link; without them the function needs none."""

US_LICENSE_STATES: Final = (
    *("AK", "AL", "AR", "AZ", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "IA", "ID", "IL", "IN", "KS", "KY", "LA"),
    *("MA", "MD", "ME", "MI", "MN", "MO", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK"),
    *("OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VT", "WA", "WI", "WV", "WY"),
    "DC",
    *("AS", "GU", "MP", "PR", "VI"),
)
"""The 50 states, the District of Columbia and the five inhabited territories, as USPS writes them."""

_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_STATE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,9}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PROVIDER = re.compile(r"[^_\s][^\s]{2,31}")


class SelfRegistrationArgs(TypedDict):
    roles: NotRequired[list[str]]
    """Roles that who signs up may choose. Default none, and never the most powerful one."""
    clinics: NotRequired[list[str]]
    """Clinics that who signs up may choose, UUIDs in lower case. Default none."""
    license: NotRequired[bool]
    """Whether who signs up may state a medical licence and its state. Default false."""


class LinkingProviderArgs(TypedDict):
    name: str
    """Name of the identity provider in the pool, such as `Google`."""
    email_domains: NotRequired[list[str]]
    """Domains for whose addresses the provider may speak: a hospital's own. Default all, for a provider that proves
    every address itself, as Google does."""
    subject_attribute: NotRequired[str]
    """Attribute to which the provider's mapping writes its user's id. Needed where ids hold letters: a pool that does
    not tell cases apart shows a trigger the id in lower case, and a link wants it as it is."""


class SignUpValidatorArgs(TypedDict):
    name_prefix: str
    """`{environment}-{project}`; a change replaces the function."""
    roles: list[str]
    """Roles that administrators may give, the most powerful first."""
    license_states: NotRequired[list[str]]
    """States and territories that license, 2 to 10 capitals, digits and hyphens. Default those of the United States;
    a list of one's own takes its place, for other countries as in `TN-11` (ISO 3166-2)."""
    self_registration: NotRequired[SelfRegistrationArgs]
    """What beyond the person's own data a public sign-up may say. Default nothing. The pool's clients must be able to
    write it, too."""
    allowed_email_domains: NotRequired[list[str]]
    """Only addresses of these very domains may register. Default all."""
    denied_email_domains: NotRequired[list[str]]
    """Addresses of these domains, and of those below them, may not. Default none."""
    linking_providers: NotRequired[list[LinkingProviderArgs]]
    """Identity providers whose users are joined to the account of the same verified address. Default none: a provider
    that is trusted here opens accounts with its word alone."""
    operations: NotRequired[OperationsArgs]
    """Logs, traces and alarms. Refused users raise no alarm: anybody can mistype a number."""


class SignUpValidator(pulumi.ComponentResource):
    """A pre sign-up trigger that fails closed, and names the field that it refuses."""

    function_name: pulumi.Output[str]
    """Physical name of the function, for permissions and rollback."""
    alias_name: pulumi.Output[str]
    """Alias that the pool invokes."""
    alias_arn: pulumi.Output[str]
    """ARN for the pool's trigger configuration."""
    role_name: pulumi.Output[str]
    """Role of the function, for what it may do with the pool."""

    def __init__(self, name: str, args: SignUpValidatorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("medflow:index:SignUpValidator", name, {}, opts)
        environment = _environment(args)
        refuse("SignUpValidator", name, _problems(args, environment))

        function = self._create_function(name, args, environment)
        self._create_alarms(name, args, function.function_name)

        self.function_name, self.role_name = function.function_name, function.role_name
        self.alias_name, self.alias_arn = function.alias_name, function.alias_arn
        self.register_outputs(
            {
                "function_name": self.function_name,
                "alias_name": self.alias_name,
                "alias_arn": self.alias_arn,
                "role_name": self.role_name,
            }
        )

    def _create_function(self, name: str, args: SignUpValidatorArgs, environment: dict[str, str]) -> PythonLambda:
        operations = args.get("operations", {})
        # Lambda counts a refused user as an error, so the alarms that every function has would be anybody's to raise.
        quiet: OperationsArgs = {}
        if "log_retention_days" in operations:
            quiet["log_retention_days"] = operations["log_retention_days"]
        if "tracing" in operations:
            quiet["tracing"] = operations["tracing"]
        function: PythonLambdaArgs = {
            "name_prefix": args["name_prefix"],
            "package": "sign_up_validator",
            "description": "Checks new users and links those of identity providers",
            "timeout_seconds": TRIGGER_TIMEOUT_SECONDS,
            "memory_mb": MEMORY_MB,
            "statements": [],
            "environment": dict(environment),
            "operations": quiet,
        }
        return PythonLambda(f"{name}-function", function, pulumi.ResourceOptions(parent=self))

    def _create_alarms(self, name: str, args: SignUpValidatorArgs, function_name: pulumi.Output[str]) -> None:
        topic = args.get("operations", {}).get("alarm_topic_arn")
        if topic is None:
            return
        own = {"FunctionName": function_name}
        slow = TRIGGER_TIMEOUT_SECONDS * 1000 * SLOW_SHARE
        for key, namespace, metric, dimensions, threshold in (
            ("undecided", "MedFlow", "SignUpUndecided", {"service": "sign_up_validator"}, 1),
            ("throttles", "AWS/Lambda", "Throttles", own, 1),
            ("duration", "AWS/Lambda", "Duration", own, slow),
        ):
            aws.cloudwatch.MetricAlarm(
                f"{name}-{key}-alarm",
                name=physical_name(args["name_prefix"], Kind.ALARM, f"sign-up-validator-{key}"),
                alarm_description=f"sign-up-validator: {metric}",
                namespace=namespace,
                metric_name=metric,
                dimensions=dimensions,
                statistic="Maximum" if key == "duration" else "Sum",
                comparison_operator="GreaterThanOrEqualToThreshold",
                threshold=threshold,
                period=60,
                evaluation_periods=1,
                treat_missing_data="notBreaching",
                alarm_actions=[topic],
                ok_actions=[topic],
                opts=pulumi.ResourceOptions(parent=self),
            )


def _environment(args: SignUpValidatorArgs) -> dict[str, str]:
    own = args.get("self_registration", {})
    values: dict[str, object] = {
        "EMAIL_DOMAINS": {
            "allow": args.get("allowed_email_domains", []),
            "deny": args.get("denied_email_domains", []),
        },
        "LICENSE_STATES": args.get("license_states", list(US_LICENSE_STATES)),
        "PROVIDERS": [
            {
                "name": provider["name"],
                "email_domains": provider.get("email_domains", []),
                "subject_attribute": provider.get("subject_attribute", ""),
            }
            for provider in args.get("linking_providers", [])
        ],
        "ROLES": args["roles"],
        "SELF_REGISTRATION": {
            "roles": own.get("roles", []),
            "clinics": own.get("clinics", []),
            "license": own.get("license", False),
        },
    }
    return {key: json.dumps(value, separators=(",", ":"), sort_keys=True) for key, value in values.items()}


def _problems(args: SignUpValidatorArgs, environment: dict[str, str]) -> list[str]:
    own, providers = args.get("self_registration", {}), args.get("linking_providers", [])
    lists = {
        "roles": args["roles"],
        "license_states": args.get("license_states", list(US_LICENSE_STATES)),
        "self_registration.roles": own.get("roles", []),
        "self_registration.clinics": own.get("clinics", []),
        "allowed_email_domains": args.get("allowed_email_domains", []),
        "denied_email_domains": args.get("denied_email_domains", []),
        "linking_providers": [provider["name"].lower() for provider in providers],
        **{f"linking_providers {p['name']!r}: email_domains": p.get("email_domains", []) for p in providers},
    }
    problems = [f"{key} must not be empty" for key in ("roles", "license_states") if not lists[key]]
    problems += [f"{key} holds an entry twice" for key, entries in lists.items() if len(set(entries)) < len(entries)]
    problems += _unlike("license_states", lists["license_states"], _STATE, "2 to 10 capitals, digits and hyphens")
    problems += _unlike("self_registration.clinics", lists["self_registration.clinics"], _UUID, "a UUID in lower case")
    for key in (key for key in lists if key.endswith("email_domains")):
        problems += _unlike(key, lists[key], _DOMAIN, "a domain in lower case")
    for role in lists["self_registration.roles"]:
        if role not in args["roles"]:
            problems.append(f"self_registration.roles: {role!r} is none of roles")
        elif role == args["roles"][0]:
            problems.append(
                f"self_registration.roles: {role!r} is the most powerful role, nobody takes it by themselves"
            )
    problems += _unlike(
        "linking_providers", [p["name"] for p in providers], _PROVIDER, "3 to 32 characters, the first no underscore"
    )
    names = lists["linking_providers"]
    problems += [
        f"linking_providers: {one!r} begins {other!r}, so names of users could be read both ways"
        for one in names
        for other in names
        if other.startswith(f"{one}_")
    ]
    if sum(map(len, environment.values())) > ENVIRONMENT_BYTES:
        problems.append(f"all lists together take more than {ENVIRONMENT_BYTES} bytes of the function's environment")
    return problems


def _unlike(key: str, entries: list[str], pattern: re.Pattern[str], text: str) -> list[str]:
    return [f"{key}: {entry!r} must be {text}" for entry in entries if not pattern.fullmatch(entry)]
