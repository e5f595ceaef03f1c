"""What a stack gives to its consumers, typed: stack outputs and SSM parameters follow from this one list."""

from dataclasses import dataclass, fields

import pulumi

Value = pulumi.Output[str] | str | None
"""None where the stack has the feature switched off: neither a parameter nor a stack output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicOutputs:
    """Nothing secret, so each is a stack output and, under the stack's parameter path, an SSM parameter."""

    region: Value
    """AWS region of the stack."""
    user_pool_id: Value
    user_pool_arn: Value
    user_pool_endpoint: Value
    """Issuer without scheme."""
    issuer: Value
    """`iss` of every token, the authority of OpenID Connect clients."""
    user_pool_domain: Value
    """Host of the sign-in pages."""
    hosted_ui_url: Value
    """Sign-in page of the web client."""
    custom_domain_url: Value
    """Base URL of the sign-in pages on the own domain."""
    backend_client_id: Value
    """Client of the NestJS service."""
    web_client_id: Value
    """Client of the React application."""
    machine_client_id: Value
    """Client for service to service calls."""
    event_bus_name: Value
    event_archive_name: Value
    """Archive that a replay reads."""
    signup_queue_url: Value
    signup_dead_letter_queue_url: Value
    """Sign-ups that could not be written, each with its reason."""
    event_dead_letter_queue_url: Value
    """Events that no rule could deliver."""
    database_cluster_arn: Value
    database_secret_arn: Value
    """Where the credentials are; not the credentials."""
    database_name: Value
    api_id: Value
    api_url: Value
    """Base URL of the API, without a slash at its end."""
    token_enricher_function_name: Value
    signup_publisher_function_name: Value
    signup_consumer_function_name: Value
    database_migrator_function_name: Value
    clinic_api_function_name: Value
    sign_in_guard_function_name: Value
    sign_up_validator_function_name: Value
    custom_message_function_name: Value
    identity_pool_id: Value
    authenticated_role_arn: Value
    unauthenticated_role_arn: Value
    document_bucket_name: Value
    """Bucket of the documents, a prefix for each clinic."""
    sign_in_attempts_table: Value
    """Table of the sign-in guard, for `medflow unlock`."""

    def parameters(self) -> dict[str, pulumi.Input[str]]:
        """Names of SSM parameters, below the stack's path, and their values."""
        present = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name.replace("_", "-"): value for name, value in present.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateOutputs:
    """For the operator and the consumers' deployment: stack outputs alone."""

    backend_client_secret: pulumi.Output[str]
    """A Pulumi secret; consumers read it from Secrets Manager."""
    nestjs_secret_arn: Value
    """Secret that the NestJS service reads at start-up."""
    nestjs_read_policy_arn: Value
    """For the service's role: read that secret and the parameters."""
    nestjs_administration_policy_arn: Value
    """For the service's role: administer the pool's users."""
    parameter_path: Value
    """Path of the SSM parameters."""


def export(*groups: PublicOutputs | PrivateOutputs) -> None:
    """Make every field a stack output of its name."""
    for group in groups:
        for item in fields(group):
            if (value := getattr(group, item.name)) is not None:
                pulumi.export(item.name, value)
