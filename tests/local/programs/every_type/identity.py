"""The part of the program with a user pool, every property of it that matters."""

import json

import pulumi
import pulumi_aws as aws


def create(
    prefix: str, trigger: aws.lambda_.Alias, role: aws.iam.Role, opts: pulumi.ResourceOptions
) -> aws.cognito.UserPool:
    """A pool with clients, domain, groups, scopes, an identity provider, and the security AWS has and we lack here."""
    pool = aws.cognito.UserPool(
        "pool",
        name=f"{prefix}-pool",
        user_pool_tier="PLUS",
        deletion_protection="INACTIVE",
        username_attributes=["email"],
        auto_verified_attributes=["email"],
        username_configuration={"case_sensitive": False},
        mfa_configuration="OPTIONAL",
        software_token_mfa_configuration={"enabled": True},
        account_recovery_setting={"recovery_mechanisms": [{"name": "verified_email", "priority": 1}]},
        admin_create_user_config={
            "allow_admin_create_user_only": False,
            "invite_message_template": {
                "email_message": "Hello {username}, {####}",
                "email_subject": "Welcome",
                "sms_message": "{username} {####}",
            },
        },
        password_policy={
            "minimum_length": 12,
            "require_lowercase": True,
            "require_numbers": True,
            "require_symbols": True,
            "require_uppercase": True,
            "temporary_password_validity_days": 3,
            "password_history_size": 5,
        },
        sign_in_policy={"allowed_first_auth_factors": ["PASSWORD"]},
        schemas=[
            {
                "name": "clinic_id",
                "attribute_data_type": "String",
                "mutable": True,
                "developer_only_attribute": False,
                "string_attribute_constraints": {"min_length": "36", "max_length": "36"},
            },
            {
                "name": "visits",
                "attribute_data_type": "Number",
                "mutable": True,
                "number_attribute_constraints": {"min_value": "0", "max_value": "9"},
            },
        ],
        lambda_config={
            "pre_token_generation_config": {"lambda_arn": trigger.arn, "lambda_version": "V2_0"},
            "post_confirmation": trigger.arn,
        },
        user_attribute_update_settings={"attributes_require_verification_before_updates": ["email"]},
        user_pool_add_ons={
            "advanced_security_mode": "AUDIT",
            "advanced_security_additional_flows": {"custom_auth_mode": "AUDIT"},
        },
        device_configuration={"challenge_required_on_new_device": True, "device_only_remembered_on_user_prompt": True},
        email_configuration={"email_sending_account": "COGNITO_DEFAULT", "reply_to_email_address": "no@example.com"},
        verification_message_template={
            "default_email_option": "CONFIRM_WITH_CODE",
            "email_message": "{####}",
            "email_subject": "Code",
        },
        opts=opts,
    )
    aws.lambda_.Permission(
        "pool-invokes",
        function=trigger.function_name,
        qualifier=trigger.name,
        action="lambda:InvokeFunction",
        principal="cognito-idp.amazonaws.com",
        source_arn=pool.arn,
        source_account=aws.get_caller_identity_output(opts=pulumi.InvokeOptions(provider=opts.provider)).account_id,
        opts=opts,
    )
    server = aws.cognito.ResourceServer(
        "server",
        user_pool_id=pool.id,
        identifier="test",
        name="Test API",
        scopes=[{"scope_name": "read", "scope_description": "Read"}],
        opts=opts,
    )
    provider = aws.cognito.IdentityProvider(
        "google",
        user_pool_id=pool.id,
        provider_name="Google",
        provider_type="Google",
        provider_details={"client_id": "id", "client_secret": "not-a-real-one", "authorize_scopes": "email openid"},
        attribute_mapping={"email": "email"},
        opts=opts,
    )
    web = aws.cognito.UserPoolClient(
        "web",
        name=f"{prefix}-web",
        user_pool_id=pool.id,
        generate_secret=False,
        allowed_oauth_flows=["code"],
        allowed_oauth_flows_user_pool_client=True,
        allowed_oauth_scopes=pulumi.Output.concat("openid,", server.scope_identifiers[0]).apply(lambda s: s.split(",")),
        callback_urls=["http://localhost:5173/"],
        logout_urls=["http://localhost:5173/"],
        default_redirect_uri="http://localhost:5173/",
        supported_identity_providers=["COGNITO", provider.provider_name],
        explicit_auth_flows=["ALLOW_USER_SRP_AUTH"],
        access_token_validity=60,
        id_token_validity=60,
        refresh_token_validity=30,
        token_validity_units={"access_token": "minutes", "id_token": "minutes", "refresh_token": "days"},
        enable_token_revocation=True,
        prevent_user_existence_errors="ENABLED",
        refresh_token_rotation={"feature": "ENABLED", "retry_grace_period_seconds": 10},
        read_attributes=["email", "custom:clinic_id"],
        write_attributes=["email"],
        auth_session_validity=3,
        opts=opts,
    )
    backend = aws.cognito.UserPoolClient(
        "backend", name=f"{prefix}-backend", user_pool_id=pool.id, generate_secret=True, opts=opts
    )
    domain = aws.cognito.UserPoolDomain(
        "domain", domain=f"{prefix}-sign-in", user_pool_id=pool.id, managed_login_version=2, opts=opts
    )
    group = aws.cognito.UserGroup(
        "doctors", name="doctor", user_pool_id=pool.id, precedence=2, role_arn=role.arn, opts=opts
    )
    branding = aws.cognito.ManagedLoginBranding(
        "branding", user_pool_id=pool.id, client_id=web.id, settings=json.dumps({"categories": {"form": {}}}), opts=opts
    )
    aws.cognito.RiskConfiguration(
        "risk",
        user_pool_id=pool.id,
        compromised_credentials_risk_configuration={"actions": {"event_action": "BLOCK"}, "event_filters": ["SIGN_IN"]},
        risk_exception_configuration={"blocked_ip_range_lists": ["10.0.0.0/8"]},
        opts=opts,
    )
    identity_pool = aws.cognito.IdentityPool(
        "identity-pool",
        identity_pool_name=f"{prefix}-identity-pool",
        cognito_identity_providers=[
            {"provider_name": pool.endpoint, "client_id": web.id, "server_side_token_check": True}
        ],
        opts=opts,
    )
    aws.cognito.IdentityPoolRoleAttachment(
        "identity-pool-roles",
        identity_pool_id=identity_pool.id,
        roles={"authenticated": role.arn},
        role_mappings=[
            {
                "identity_provider": pulumi.Output.concat(pool.endpoint, ":", web.id),
                "type": "Rules",
                "ambiguous_role_resolution": "Deny",
                "mapping_rules": [{"claim": "role", "match_type": "Equals", "value": "admin", "role_arn": role.arn}],
            }
        ],
        opts=opts,
    )
    aws.cognito.IdentityPoolProviderPrincipalTag(
        "identity-pool-tags",
        identity_pool_id=identity_pool.id,
        identity_provider_name=pool.endpoint,
        principal_tags={"tenant": "tenant_id"},
        use_defaults=False,
        opts=opts,
    )
    log_group = aws.cloudwatch.LogGroup("pool-log", name=f"/{prefix}/pool", opts=opts)
    aws.cognito.LogDeliveryConfiguration(
        "log-delivery",
        user_pool_id=pool.id,
        log_configurations=[
            {
                "event_source": "userNotification",
                "log_level": "ERROR",
                "cloud_watch_logs_configuration": {"log_group_arn": log_group.arn},
            }
        ],
        opts=opts,
    )
    pulumi.export("pool_id", pool.id)
    pulumi.export("identity_pool_id", identity_pool.id)
    pulumi.export("pool_endpoint", pool.endpoint)
    pulumi.export("scopes", server.scope_identifiers)
    pulumi.export("web_client_id", web.id)
    pulumi.export("backend_secret", backend.client_secret)
    pulumi.export("backend_secret_is_secret", pulumi.Output.from_input(backend.client_secret.is_secret()))
    pulumi.export("domain_distribution", domain.cloudfront_distribution)
    pulumi.export("group_id", group.id)
    pulumi.export("branding_id", branding.managed_login_branding_id)
    return pool
