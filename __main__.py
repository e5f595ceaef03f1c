"""MedFlow's identity platform: settings in, components wired, outputs out."""

import pulumi

import settings as configuration
from aws_provider import create_provider
from components._database_access import DatabaseArgs
from components._operations import OperationsArgs
from components._roles import RoleArgs, ScopeArgs
from components.api_front_door import ApiFrontDoor
from components.clinic_api import ClinicApi
from components.cognito_auth import CognitoAuth, CognitoAuthArgs, Mfa, Tier
from components.consumer_config import ConsumerConfig, NestJsArgs
from components.custom_message import CustomMessage, CustomMessageArgs, Language
from components.identity_pool import DocumentAccess, IdentityPool, IdentityPoolArgs
from components.sign_in_guard import SignInGuard
from components.sign_up_validator import LINK_OPERATIONS, LinkingProviderArgs, SignUpValidator, SignUpValidatorArgs
from components.signup_pipeline import SignupPipeline
from components.token_enricher import TenantlessUsers, TokenEnricher
from components.user_database import UserDatabase
from pool_features import pool_features
from settings import DOCUMENTS, EVERYBODY, PRIVILEGED, RESOURCE_SERVER, SCOPES
from stack_outputs import PrivateOutputs, PublicOutputs, export

stack = configuration.load()
settings, prefix = stack.settings, stack.name_prefix
in_aws = pulumi.ResourceOptions(provider=create_provider(stack))

roles: list[RoleArgs] = [
    {"name": role.name, "description": role.description, "scopes": list(role.scopes)} for role in settings.roles
]
scopes: list[ScopeArgs] = [{"name": name, "description": text} for name, text in SCOPES.items()]

# --- where users are kept -------------------------------------------------------------------------------------------
database: DatabaseArgs
if settings.database_cluster_arn:
    database = {
        "cluster_arn": settings.database_cluster_arn,
        "secret_arn": settings.database_secret_arn,
        "database_name": settings.database_name,
    }
    if settings.database_secret_key_arn:
        database["secret_key_arn"] = settings.database_secret_key_arn
else:
    users = UserDatabase(
        "users",
        {
            "name_prefix": prefix,
            "database_name": settings.database_name,
            "minimum_capacity": settings.database_minimum_capacity,
            "maximum_capacity": settings.database_maximum_capacity,
            "backup_retention_days": settings.database_backup_days,
            "deletion_protection": settings.deletion_protection,
            "protect_cluster": settings.deletion_protection,
            "log_retention_days": settings.log_retention_days,
            "final_snapshot": not stack.environment.throw_away,
        },
        in_aws,
    )
    database = {
        "cluster_arn": users.cluster_arn,
        "secret_arn": users.secret_arn,
        "database_name": users.database_name,
    }

# --- what the pool invokes ------------------------------------------------------------------------------------------
operations: OperationsArgs = {"log_retention_days": settings.log_retention_days, "tracing": settings.tracing}
if settings.alarm_topic_arn:
    operations["alarm_topic_arn"] = settings.alarm_topic_arn

enricher = TokenEnricher(
    "token-enricher",
    {
        "name_prefix": prefix,
        "roles": roles,
        "resource_server": RESOURCE_SERVER,
        "tenantless_users": TenantlessUsers(settings.tenantless_users),
        # Where nobody can have a second factor, nobody could have the scopes.
        "privileged_scopes": [] if settings.mfa == "OFF" else sorted(PRIVILEGED),
        "operations": operations,
    },
    in_aws,
)
signups = SignupPipeline(
    "signups",
    {
        "name_prefix": prefix,
        "database": database,
        "archive_retention_days": settings.archive_retention_days,
        "max_receive_count": settings.maximum_receive_count,
        "maximum_concurrency": settings.consumer_maximum_concurrency,
        "operations": operations,
    },
    in_aws,
)
guard = SignInGuard(
    "sign-in-guard",
    {
        "name_prefix": prefix,
        "protect_table": settings.deletion_protection,
        "failures_before_lock": settings.lockout_failures,
        "lock_minutes": settings.lockout_minutes,
        "username_case_sensitive": settings.username_case_sensitive,
        "operations": operations,
    },
    in_aws,
)
linking: list[LinkingProviderArgs] = [
    {"name": p.name, "email_domains": list(p.email_domains), "subject_attribute": p.subject_attribute}
    for p in settings.linking_providers
]
validator_args: SignUpValidatorArgs = {
    "name_prefix": prefix,
    "roles": [role["name"] for role in roles],
    "allowed_email_domains": list(settings.allowed_email_domains),
    "denied_email_domains": list(settings.denied_email_domains),
    "linking_providers": linking,
    "operations": operations,
}
if settings.license_states:
    validator_args["license_states"] = list(settings.license_states)
validator = SignUpValidator("sign-up-validator", validator_args, in_aws)
clinic_api = ClinicApi(
    "clinic-api",
    {
        "name_prefix": prefix,
        "database": {**database, "cluster_arn": signups.migrated_cluster_arn},
        "resource_server": RESOURCE_SERVER,
        "operations": operations,
    },
    in_aws,
)

# --- who signs in ---------------------------------------------------------------------------------------------------
auth_args: CognitoAuthArgs = {
    "name_prefix": prefix,
    "tier": Tier(settings.pool_tier),
    "mfa": Mfa(settings.mfa),
    "password_policy": {
        "minimum_length": settings.password_minimum_length,
        "temporary_password_days": settings.temporary_password_days,
        "history_size": settings.password_history_size,
    },
    "token_lifetime": {
        "access_minutes": settings.access_token_minutes,
        "refresh_days": settings.refresh_token_days,
    },
    "roles": roles,
    "scopes": scopes,
    "resource_server": RESOURCE_SERVER,
    "web_client": {
        "callback_urls": list(settings.web_callback_urls),
        "logout_urls": list(settings.web_logout_urls),
        "rotate_refresh_tokens": settings.rotate_refresh_tokens,
    },
    "backend_client": {
        "generate_secret": settings.generate_client_secret,
        "callback_urls": list(settings.backend_callback_urls),
        "logout_urls": list(settings.backend_logout_urls),
    },
    "deletion_protection": settings.deletion_protection,
    "protect_pool": settings.deletion_protection,
    "self_sign_up": settings.self_sign_up,
    "username_case_sensitive": settings.username_case_sensitive,
    "operations": operations,
    "triggers": {
        "pre_sign_up": {
            "function_name": validator.function_name,
            "alias_name": validator.alias_name,
            "alias_arn": validator.alias_arn,
            "role_name": validator.role_name,
            "pool_operations": list(LINK_OPERATIONS) if linking else [],
        },
        "pre_authentication": {
            "function_name": guard.function_name,
            "alias_name": guard.alias_name,
            "alias_arn": guard.alias_arn,
        },
        "post_authentication": {
            "function_name": guard.function_name,
            "alias_name": guard.alias_name,
            "alias_arn": guard.alias_arn,
        },
        "pre_token_generation": {
            "function_name": enricher.function_name,
            "alias_name": enricher.alias_name,
            "alias_arn": enricher.alias_arn,
            "role_name": enricher.role_name,
            "pool_operations": [] if settings.mfa == "OFF" else ["AdminGetUser"],
        },
        "post_confirmation": {
            "function_name": signups.publisher_function_name,
            "alias_name": signups.publisher_alias_name,
            "alias_arn": signups.publisher_alias_arn,
        },
    },
}
auth_args |= pool_features(settings)
messages: CustomMessage | None = None
if settings.email_source_arn:
    # Cognito takes a trigger's words only where the pool has a sender of its own.
    messages_args: CustomMessageArgs = {
        "name_prefix": prefix,
        "default_language": Language(settings.default_language),
        "operations": operations,
    }
    if settings.application_url:
        messages_args["application_url"] = settings.application_url
    messages = CustomMessage("messages", messages_args, in_aws)
    auth_args["triggers"]["custom_message"] = {
        "function_name": messages.function_name,
        "alias_name": messages.alias_name,
        "alias_arn": messages.alias_arn,
    }
if settings.machine_scopes:
    auth_args["machine_client"] = {"scopes": list(settings.machine_scopes)}

auth = CognitoAuth("auth", auth_args, in_aws)

# --- what they reach ------------------------------------------------------------------------------------------------
api = ApiFrontDoor(
    "api",
    {
        "name_prefix": prefix,
        "issuer": auth.issuer,
        "audiences": [auth.web_client_id, auth.backend_client_id],
        "upstreams": {
            "clinic-api": {
                "function_name": clinic_api.function_name,
                "alias_name": clinic_api.alias_name,
                "invoke_arn": clinic_api.invoke_arn,
            }
        },
        "default_upstream": "clinic-api",
        "default_scopes": [f"{RESOURCE_SERVER}/{EVERYBODY}"],
        "routes": [
            {"route": "GET /api/health", "upstream": "clinic-api", "open": True},
            {"route": "GET /api/me", "upstream": "clinic-api"},
            {
                "route": "GET /api/clinics/{clinicId}/users",
                "upstream": "clinic-api",
                "scopes": [f"{RESOURCE_SERVER}/staff.read"],
            },
        ],
        "cors": {"allow_origins": list(settings.cors_origins)},
        "throttle": {"rate": settings.throttle_rate, "burst": settings.throttle_burst},
        "log_retention_days": settings.log_retention_days,
    },
    in_aws,
)

identities: IdentityPool | None = None
if settings.enable_identity_pool:
    identity_args: IdentityPoolArgs = {
        "name_prefix": prefix,
        "user_pool_endpoint": auth.user_pool_endpoint,
        "client_ids": [auth.web_client_id, auth.backend_client_id],
        "roles": [
            {
                "name": role.name,
                "documents": DocumentAccess(DOCUMENTS.get(role.name, "own")),
                "audit_log": role.name == "admin" and bool(settings.audit_log_group_arn),
            }
            for role in settings.roles
        ],
    }
    if settings.audit_log_group_arn:
        identity_args["audit_log_group_arn"] = settings.audit_log_group_arn
    if settings.document_bucket_arn:
        identity_args["document_bucket_arn"] = settings.document_bucket_arn
    else:
        identity_args["protect_documents"] = settings.deletion_protection
        identity_args["web_origins"] = list(settings.cors_origins)
    if settings.authenticated_role_name:
        identity_args["authenticated_role_name"] = settings.authenticated_role_name
    if settings.unauthenticated_role_name:
        identity_args["unauthenticated_role_name"] = settings.unauthenticated_role_name
    identities = IdentityPool("identities", identity_args, in_aws)

# --- what the consumers read ----------------------------------------------------------------------------------------
public = PublicOutputs(
    region=settings.region,
    user_pool_id=auth.user_pool_id,
    user_pool_arn=auth.user_pool_arn,
    user_pool_endpoint=auth.user_pool_endpoint,
    issuer=auth.issuer,
    user_pool_domain=auth.user_pool_domain if settings.enable_hosted_ui else None,
    hosted_ui_url=auth.hosted_ui_url if settings.enable_hosted_ui else None,
    custom_domain_url=auth.custom_domain_url if settings.custom_domain_name else None,
    backend_client_id=auth.backend_client_id,
    web_client_id=auth.web_client_id,
    machine_client_id=auth.machine_client_id if settings.machine_scopes else None,
    event_bus_name=signups.event_bus_name,
    event_archive_name=signups.event_archive_name,
    signup_queue_url=signups.queue_url,
    signup_dead_letter_queue_url=signups.dead_letter_queue_url,
    event_dead_letter_queue_url=signups.event_dead_letter_queue_url,
    database_cluster_arn=pulumi.Output.from_input(database["cluster_arn"]),
    database_secret_arn=pulumi.Output.from_input(database["secret_arn"]),
    database_name=pulumi.Output.from_input(database["database_name"]),
    api_id=api.api_id,
    api_url=api.api_url,
    token_enricher_function_name=enricher.function_name,
    signup_publisher_function_name=signups.publisher_function_name,
    signup_consumer_function_name=signups.consumer_function_name,
    database_migrator_function_name=signups.migrator_function_name,
    clinic_api_function_name=clinic_api.function_name,
    sign_in_guard_function_name=guard.function_name,
    sign_up_validator_function_name=validator.function_name,
    custom_message_function_name=messages.function_name if messages else None,
    sign_in_attempts_table=guard.table_name,
    identity_pool_id=identities.identity_pool_id if identities else None,
    authenticated_role_arn=identities.authenticated_role_arn if identities else None,
    unauthenticated_role_arn=identities.unauthenticated_role_arn if identities else None,
    document_bucket_name=identities.document_bucket_name if identities else None,
)
nestjs: NestJsArgs = {
    "user_pool_id": auth.user_pool_id,
    "user_pool_arn": auth.user_pool_arn,
    "client_id": auth.backend_client_id,
    "client_secret": auth.backend_client_secret,
    "region": settings.region,
    "authority": auth.issuer,
}
if identities:
    nestjs["identity_pool_id"] = identities.identity_pool_id
consumers = ConsumerConfig(
    "consumers",
    {
        "name_prefix": prefix,
        "parameter_path": f"/{stack.project}/{stack.environment.name}",
        "parameters": public.parameters(),
        "nestjs": nestjs,
        "secret_recovery_days": settings.secret_recovery_days,
    },
    in_aws,
)
export(
    public,
    PrivateOutputs(
        backend_client_secret=auth.backend_client_secret,
        nestjs_secret_arn=consumers.nestjs_secret_arn,
        nestjs_read_policy_arn=consumers.nestjs_read_policy_arn,
        nestjs_administration_policy_arn=consumers.nestjs_administration_policy_arn,
        parameter_path=consumers.parameter_path,
    ),
)
