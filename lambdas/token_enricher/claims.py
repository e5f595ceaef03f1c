"""What a token says about its bearer, decided from attributes, groups and requested scopes: no AWS, no log, no clock.

Facts: "Pre token generation Lambda trigger", Amazon Cognito Developer Guide.
"""

import json
import re
from collections.abc import Callable, Mapping

from token_enricher.env import Environment

TRIGGER_SOURCES = frozenset(
    f"TokenGeneration_{kind}"
    for kind in ("HostedAuth", "Authentication", "NewPasswordChallenge", "AuthenticateDevice", "RefreshTokens")
)
"""Sources that stand for a person. `TokenGeneration_ClientCredentials` has no user, hence no clinic: refused."""

LANGUAGES = frozenset(("ar", "fr", "en"))
"""Languages that the product speaks; another preference gives no claim rather than a made-up one."""

REFUSAL = "This account cannot sign in at the moment, please contact your clinic"
"""The one text a refused user sees (managed login shows a trigger's error as it is); the reason is in the log."""

HEADER_BYTES = 10_240
"""All headers of one request together ("Quotas for HTTP APIs", API Gateway Developer Guide)."""

MAX_ADDED_BYTES = (HEADER_BYTES - 2_300 - 600) * 3 // 4 - 700
"""JSON bytes that claims, scopes and groups may take. 2,300 B are left to other headers, 600 B to the token's header
and signature, 700 B to Cognito's own claims; base64 makes four bytes of three."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class TokenRefusedError(Exception):
    """No token is issued. `reason` is for the log; the text is the same for everyone."""

    def __init__(self, reason: str) -> None:
        super().__init__(REFUSAL)
        self.reason = reason


class TokenRequest:
    """The part of a V2_0 (or later) event that the decision needs; unknown fields are not looked at."""

    __slots__ = ("attributes", "group_configuration", "groups", "is_federated", "scopes")

    def __init__(self, event: Mapping[str, object]) -> None:
        """Read it from the event. Raises TokenRefusedError for one that does not ask for a person's token."""
        source = event.get("triggerSource")
        if not isinstance(source, str) or source not in TRIGGER_SOURCES:
            raise TokenRefusedError("UNKNOWN_TRIGGER_SOURCE")
        if str(event.get("version")) == "1":
            # The answer to a V1_0 event cannot reach the access token: it would be one without clinic.
            raise TokenRefusedError("EVENT_VERSION_IS_1")
        request = _mapping(event.get("request"))
        self.attributes = _mapping(request.get("userAttributes"))
        self.group_configuration = _mapping(request.get("groupConfiguration"))
        self.groups = _texts(self.group_configuration.get("groupsToOverride"))
        self.scopes = _texts(request.get("scopes"))
        self.is_federated = self.attributes.get("cognito:user_status") == "EXTERNAL_PROVIDER"
        """Whether another identity provider vouches for this sign-in; False for a native account linked to one."""


class Tokens:
    """What Cognito is told to put into the ID and the access token."""

    __slots__ = ("claims", "groups", "id_claims", "scopes", "suppressed_scopes", "withheld")

    def __init__(self, request: TokenRequest, environment: Environment, has_second_factor: Callable[[], bool]) -> None:
        """Decide it. `has_second_factor` is asked for holders of privileged scopes alone.

        Raises TokenRefusedError when the user may have no token.
        """
        self.claims: dict[str, object] = {}
        """For both tokens; `tenant_id` is a scalar since an HTTP API passes lists on as the text `[a b]`."""
        self.id_claims: dict[str, object] = {}
        """For the ID token besides: an access token says its scopes in `scope`."""
        self.scopes: list[str] = []
        self.withheld = 0
        """How many privileged scopes the user's roles bring, and this token does not."""
        language = _language(request.attributes.get("custom:preferred_language"))
        if language:
            self.claims["language"] = language
        clinic_id = request.attributes.get("custom:clinic_id")
        if clinic_id not in (None, ""):
            self._grant(_canonical_uuid(clinic_id), _roles(request, environment), environment)
            self._withhold(request, environment, has_second_factor)
        elif environment.refuse_tenantless:
            raise TokenRefusedError("NO_CLINIC")
        self.suppressed_scopes = [
            scope for scope in request.scopes if scope.startswith(environment.scope_prefix) and scope not in self.scopes
        ]
        self.groups = self._groups_that_fit(request.groups, environment)

    @property
    def outcome(self) -> str:
        if "tenant_id" not in self.claims:
            return "LIMITED"
        return "WITHOUT_PRIVILEGE" if self.withheld else "FULL"

    def response(self, request: TokenRequest) -> dict[str, object]:
        """The trigger's `response`. Groups are repeated since Cognito drops them all for an answer without them."""
        configuration = request.group_configuration
        return {
            "claimsAndScopeOverrideDetails": {
                "idTokenGeneration": {"claimsToAddOrOverride": {**self.claims, **self.id_claims}},
                "accessTokenGeneration": {
                    "claimsToAddOrOverride": self.claims,
                    "scopesToAdd": self.scopes,
                    "scopesToSuppress": self.suppressed_scopes,
                },
                "groupOverrideDetails": {
                    "groupsToOverride": self.groups,
                    "iamRolesToOverride": _texts(configuration.get("iamRolesToOverride")),
                    "preferredRole": configuration.get("preferredRole"),
                },
            }
        }

    def _grant(self, clinic_id: str, roles: list[str], environment: Environment) -> None:
        self.claims["tenant_id"] = clinic_id
        if roles:
            self.claims["role"], self.claims["roles"] = roles[0], roles
        self.scopes = list(dict.fromkeys(scope for role in roles for scope in environment.role_scopes[role]))
        self.id_claims["scopes"] = self.scopes

    def _withhold(self, request: TokenRequest, environment: Environment, has_second_factor: Callable[[], bool]) -> None:
        """Take the privileged scopes away from who has no second factor. Of a federated user it is the provider's
        business ("Adding MFA to a user pool", Cognito Developer Guide), and the pool knows nothing of it."""
        usual = [scope for scope in self.scopes if scope not in environment.privileged_scopes]
        if len(usual) == len(self.scopes) or request.is_federated or has_second_factor():
            return
        self.withheld = len(self.scopes) - len(usual)
        self.scopes = usual
        self.id_claims["scopes"] = usual

    def _groups_that_fit(self, groups: list[str], environment: Environment) -> list[str]:
        """All groups, or the role groups alone when all would make the token too large for a request's headers.

        Raises TokenRefusedError if even those do not fit: API Gateway would answer every request with an obscure 431.
        """
        room = MAX_ADDED_BYTES - _size(self.claims) - _size(self.scopes)
        if _size(groups) > room:
            groups = [group for group in groups if group in environment.role_scopes]
        if _size(groups) > room:
            raise TokenRefusedError("CLAIMS_TOO_LARGE")
        return groups


def _roles(request: TokenRequest, environment: Environment) -> list[str]:
    """Known roles by precedence: those of the groups, else the one that an administrator wrote on the user."""
    known = [role for role in environment.role_scopes if role in request.groups]
    return known or [role for role in environment.role_scopes if role == request.attributes.get("custom:user_role")]


def _canonical_uuid(value: object) -> str:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise TokenRefusedError("CLINIC_ID_IS_NO_UUID")
    return value.lower()


def _language(value: object) -> str | None:
    """`fr` of `fr`, `fr-TN` and `FR_tn`; None for a language that the product does not speak."""
    if not isinstance(value, str):
        return None
    language = value.replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _size(value: object) -> int:
    """Bytes as JSON with everything outside ASCII escaped: never less than what Cognito writes."""
    return len(json.dumps(value))
