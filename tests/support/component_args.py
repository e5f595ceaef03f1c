"""The least and the most that each component takes: tests vary one key of these."""

from typing import Final

from components._roles import RoleArgs, ScopeArgs
from components.api_front_door import ApiFrontDoorArgs
from components.clinic_api import ClinicApiArgs
from components.cognito_auth import CognitoAuthArgs, Mfa, Tier, TriggerArgs
from components.consumer_config import ConsumerConfigArgs
from components.custom_message import CustomMessageArgs, Language
from components.identity_pool import DocumentAccess, IdentityPoolArgs
from components.sign_in_guard import SignInGuardArgs
from components.sign_up_validator import SignUpValidatorArgs
from components.signup_pipeline import SignupPipelineArgs
from components.token_enricher import TenantlessUsers, TokenEnricherArgs
from components.user_database import UserDatabaseArgs

PREFIX: Final = "test-medflow"
TOPIC: Final = "arn:aws:sns:eu-west-3:123456789012:alarms"

ROLES: Final[list[RoleArgs]] = [
    {"name": "admin", "description": "Runs the clinic", "scopes": ["profile.read", "staff.read"]},
    {"name": "patient", "description": "Is treated", "scopes": ["profile.read"]},
]
SCOPES: Final[list[ScopeArgs]] = [
    {"name": "profile.read", "description": "Read one's own profile"},
    {"name": "staff.read", "description": "List the people of one's own clinic"},
]
DATABASE: Final = {
    "cluster_arn": "arn:aws:rds:eu-west-3:123456789012:cluster:users",
    "secret_arn": "arn:aws:secretsmanager:eu-west-3:123456789012:secret:users-AbCdEf",
    "database_name": "medflow",
}


def trigger(name: str) -> TriggerArgs:
    """A function that exists elsewhere."""
    return {
        "function_name": name,
        "alias_name": "live",
        "alias_arn": f"arn:aws:lambda:eu-west-3:123456789012:function:{name}:live",
    }


def cognito_auth(**changes: object) -> CognitoAuthArgs:
    """The least: no sign-in pages, no machine, no trigger."""
    args: CognitoAuthArgs = {
        "name_prefix": PREFIX,
        "tier": Tier.ESSENTIALS,
        "mfa": Mfa.OFF,
        "password_policy": {"minimum_length": 12, "temporary_password_days": 3},
        "token_lifetime": {"access_minutes": 60, "refresh_days": 30},
        "roles": ROLES,
        "scopes": SCOPES,
        "resource_server": "medflow",
        "web_client": {"callback_urls": [], "logout_urls": []},
        "backend_client": {"generate_secret": True},
        "deletion_protection": False,
        "protect_pool": False,
    }
    return {**args, **changes}  # type: ignore[typeddict-item]


def full_cognito_auth(**changes: object) -> CognitoAuthArgs:
    """Everything switched on."""
    return cognito_auth(
        **{
            "mfa": Mfa.ON,
            "password_policy": {"minimum_length": 14, "temporary_password_days": 1, "history_size": 5},
            "web_client": {
                "callback_urls": ["https://app.example.com/in"],
                "logout_urls": ["https://app.example.com/out"],
                "rotate_refresh_tokens": True,
            },
            "deletion_protection": True,
            "protect_pool": True,
            "self_sign_up": False,
            "username_case_sensitive": True,
            "hosted_ui": {"domain_prefix": "clinics-test"},
            "machine_client": {"scopes": ["staff.read"]},
            "triggers": {
                "pre_token_generation": trigger("token-enricher"),
                "post_confirmation": trigger("signup-publisher"),
            },
            **changes,
        }
    )


def token_enricher(**changes: object) -> TokenEnricherArgs:
    args: TokenEnricherArgs = {
        "name_prefix": PREFIX,
        "roles": ROLES,
        "resource_server": "medflow",
        "tenantless_users": TenantlessUsers.REFUSE,
    }
    return {**args, **changes}  # type: ignore[typeddict-item]


def signup_pipeline(**changes: object) -> SignupPipelineArgs:
    return {"name_prefix": PREFIX, "database": DATABASE, **changes}  # type: ignore[typeddict-item]


def custom_message(**changes: object) -> CustomMessageArgs:
    args: CustomMessageArgs = {
        "name_prefix": PREFIX,
        "default_language": Language.FRENCH,
        "application_url": "https://app.example.com",
    }
    return {**args, **changes}  # type: ignore[typeddict-item]


def identity_pool(**changes: object) -> IdentityPoolArgs:
    args: IdentityPoolArgs = {
        "name_prefix": PREFIX,
        "user_pool_endpoint": "cognito-idp.eu-west-3.amazonaws.com/eu-west-3_Abc",
        "client_ids": ["web", "backend"],
        "roles": [
            {"name": "admin", "documents": DocumentAccess.READ, "audit_log": True},
            {"name": "patient", "documents": DocumentAccess.OWN, "audit_log": False},
        ],
        "audit_log_group_arn": "arn:aws:logs:eu-west-3:123456789012:log-group:/medflow/audit",
    }
    return {**args, **changes}  # type: ignore[typeddict-item]


def sign_in_guard(**changes: object) -> SignInGuardArgs:
    args: SignInGuardArgs = {"name_prefix": PREFIX, "protect_table": True}
    return {**args, **changes}  # type: ignore[typeddict-item]


def sign_up_validator(**changes: object) -> SignUpValidatorArgs:
    args: SignUpValidatorArgs = {"name_prefix": PREFIX, "roles": ["admin", "patient"]}
    return {**args, **changes}  # type: ignore[typeddict-item]


def clinic_api(**changes: object) -> ClinicApiArgs:
    args = {"name_prefix": PREFIX, "database": DATABASE, "resource_server": "medflow"}
    return {**args, **changes}  # type: ignore[typeddict-item]


def user_database(**changes: object) -> UserDatabaseArgs:
    args: UserDatabaseArgs = {
        "name_prefix": PREFIX,
        "database_name": "medflow",
        "minimum_capacity": 0.5,
        "maximum_capacity": 2,
        "backup_retention_days": 7,
        "deletion_protection": True,
        "protect_cluster": True,
    }
    return {**args, **changes}  # type: ignore[typeddict-item]


def api_front_door(**changes: object) -> ApiFrontDoorArgs:
    args: ApiFrontDoorArgs = {
        "name_prefix": PREFIX,
        "issuer": "https://cognito-idp.eu-west-3.amazonaws.com/eu-west-3_Abc",
        "audiences": ["web", "backend"],
        "upstreams": {
            "clinic-api": {
                "function_name": "test-medflow-lambda-clinic-api",
                "alias_name": "live",
                "invoke_arn": "arn:aws:apigateway:eu-west-3:lambda:path/2015-03-31/functions/f:live/invocations",
            }
        },
        "default_upstream": "clinic-api",
        "default_scopes": ["medflow/profile.read"],
        "routes": [
            {"route": "GET /api/health", "upstream": "clinic-api", "open": True},
            {"route": "GET /api/me", "upstream": "clinic-api"},
            {
                "route": "GET /api/clinics/{clinicId}/users",
                "upstream": "clinic-api",
                "scopes": ["medflow/staff.write", "medflow/staff.read"],
            },
        ],
        "cors": {"allow_origins": ["https://app.example.com"]},
        "throttle": {"rate": 50, "burst": 100},
    }
    return {**args, **changes}  # type: ignore[typeddict-item]


def consumer_config(**changes: object) -> ConsumerConfigArgs:
    args: ConsumerConfigArgs = {
        "name_prefix": PREFIX,
        "parameter_path": "/medflow/test",
        "parameters": {"user-pool-id": "eu-west-3_Abc", "api-url": "https://api.example.com"},
        "nestjs": {
            "user_pool_id": "eu-west-3_Abc",
            "user_pool_arn": "arn:aws:cognito-idp:eu-west-3:123456789012:userpool/eu-west-3_Abc",
            "client_id": "backend",
            "client_secret": "not-a-real-secret",
            "region": "eu-west-3",
            "authority": "https://cognito-idp.eu-west-3.amazonaws.com/eu-west-3_Abc",
        },
    }
    return {**args, **changes}  # type: ignore[typeddict-item]
