"""Cognito user pools and identity pools: pool, clients, domain, groups, scopes, identity providers, security, roles."""

import json
import uuid
from typing import Any

from local_cloud.deploy.spec import REST, At, Call, Scope, Spec

_HOSTED_ZONE_OF_CLOUDFRONT = "Z2FDTNDATAQYW2"
"""The hosted zone every CloudFront distribution has ("AliasTarget", Amazon Route 53 API Reference)."""

_POOL_ID = {"UserPoolId": At("UserPool.Id")}

USER_POOL = Spec(
    token="aws:cognito/userPool:UserPool",
    service="cognito-idp",
    noun="Pool",
    auto_name="name",
    calls=(
        Call(
            "CreateUserPool",
            REST,
            renames={
                "passwordPolicy": "Policies.PasswordPolicy",
                "signInPolicy": "Policies.SignInPolicy",
                "schemas": "Schema",
                "tags": "UserPoolTags",
                "emailConfiguration.fromEmailAddress": "From",
                "userAttributeUpdateSettings.attributesRequireVerificationBeforeUpdates": (
                    "AttributesRequireVerificationBeforeUpdate"
                ),
            },
        ),
        Call(
            "SetUserPoolMfaConfig",
            ("mfaConfiguration", "softwareTokenMfaConfiguration", "emailMfaConfiguration", "webAuthnConfiguration"),
            gives=_POOL_ID,
        ),
        Call("DescribeUserPool", gives=_POOL_ID),
    ),
    id="{poolId}",
    outputs={
        "poolId": At("UserPool.Id"),
        "arn": At("UserPool.Arn"),
        "endpoint": "cognito-idp.{region}.amazonaws.com/{poolId}",
        "creationDate": At("UserPool.CreationDate"),
        "lastModifiedDate": At("UserPool.LastModifiedDate"),
        "estimatedNumberOfUsers": At("UserPool.EstimatedNumberOfUsers", of="DescribeUserPool", default=0),
        "domain": "",
        "customDomain": "",
        "mfaConfiguration": "OFF",
        "userPoolTier": At("UserPool.UserPoolTier", default="ESSENTIALS"),
    },
)


USER_POOL_CLIENT = Spec(
    token="aws:cognito/userPoolClient:UserPoolClient",
    service="cognito-idp",
    noun="Client",
    auto_name="name",
    calls=(Call("CreateUserPoolClient", REST),),
    id=At("UserPoolClient.ClientId"),
    outputs={"clientSecret": At("UserPoolClient.ClientSecret", default="")},
)

USER_POOL_DOMAIN = Spec(
    token="aws:cognito/userPoolDomain:UserPoolDomain",
    service="cognito-idp",
    calls=(
        Call("CreateUserPoolDomain", REST, renames={"certificateArn": "CustomDomainConfig.CertificateArn"}),
        Call("DescribeUserPoolDomain", gives={"Domain": "{domain}"}),
    ),
    id="{domain}",
    outputs={
        "awsAccountId": At("DomainDescription.AWSAccountId", of="DescribeUserPoolDomain", default="{account}"),
        "cloudfrontDistribution": At("DomainDescription.CloudFrontDistribution", of="DescribeUserPoolDomain"),
        "cloudfrontDistributionArn": "{cloudfrontDistribution}",
        "cloudfrontDistributionZoneId": _HOSTED_ZONE_OF_CLOUDFRONT,
        "s3Bucket": At("DomainDescription.S3Bucket", of="DescribeUserPoolDomain", default=""),
        "version": At("DomainDescription.Version", of="DescribeUserPoolDomain", default=""),
        "managedLoginVersion": 1,
    },
)

USER_GROUP = Spec(
    token="aws:cognito/userGroup:UserGroup",
    service="cognito-idp",
    noun="Group",
    auto_name="name",
    calls=(Call("CreateGroup", REST),),
    id="{userPoolId}/{name}",
)

RESOURCE_SERVER = Spec(
    token="aws:cognito/resourceServer:ResourceServer",
    service="cognito-idp",
    auto_name="name",
    calls=(Call("CreateResourceServer", REST),),
    id="{userPoolId}|{identifier}",
    outputs={
        "scopeIdentifiers": lambda scope: [
            f"{scope['identifier']}/{item['scopeName']}" for item in scope.inputs.get("scopes", [])
        ]
    },
)

IDENTITY_PROVIDER = Spec(
    token="aws:cognito/identityProvider:IdentityProvider",
    service="cognito-idp",
    calls=(Call("CreateIdentityProvider", REST),),
    id="{userPoolId}:{providerName}",
)


def _settings_document(properties: dict[str, Any], _scope: Scope) -> dict[str, Any]:
    """The property is JSON text, the API takes the document itself."""
    if "settings" in properties:
        properties["settings"] = json.loads(properties["settings"])
    return properties


MANAGED_LOGIN_BRANDING = Spec(
    token="aws:cognito/managedLoginBranding:ManagedLoginBranding",
    service="cognito-idp",
    emulated=False,
    calls=(Call("CreateManagedLoginBranding", REST, reshape=_settings_document),),
    id="{userPoolId},{managedLoginBrandingId}",
    outputs={
        "managedLoginBrandingId": lambda scope: str(uuid.uuid5(uuid.NAMESPACE_OID, scope.unique)),
        "settingsAll": lambda scope: scope.inputs.get("settings", "{}"),
    },
)

RISK_CONFIGURATION = Spec(
    token="aws:cognito/riskConfiguration:RiskConfiguration",
    service="cognito-idp",
    emulated=False,
    calls=(
        Call(
            "SetRiskConfiguration",
            REST,
            renames={
                "compromisedCredentialsRiskConfiguration.eventFilters": "EventFilter",
                "riskExceptionConfiguration.blockedIpRangeLists": "BlockedIPRangeList",
                "riskExceptionConfiguration.skippedIpRangeLists": "SkippedIPRangeList",
            },
        ),
    ),
    id=lambda scope: ":".join(str(scope.inputs[key]) for key in ("userPoolId", "clientId") if key in scope.inputs),
)

LOG_DELIVERY_CONFIGURATION = Spec(
    token="aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration",
    service="cognito-idp",
    emulated=False,
    calls=(Call("SetLogDeliveryConfiguration", REST),),
    id="{userPoolId}",
)

IDENTITY_POOL = Spec(
    token="aws:cognito/identityPool:IdentityPool",
    service="cognito-identity",
    calls=(Call("CreateIdentityPool", REST, renames={"tags": "IdentityPoolTags"}),),
    defaults={"allowUnauthenticatedIdentities": False},
    id=At("IdentityPoolId"),
    outputs={
        "poolId": At("IdentityPoolId"),
        "arn": "arn:{partition}:cognito-identity:{region}:{account}:identitypool/{poolId}",
    },
)


def _mappings_by_provider(properties: dict[str, Any], _scope: Scope) -> dict[str, Any]:
    """The property is a list, the API takes a map; the rules lie one level deeper."""
    if "roleMappings" in properties:
        properties["roleMappings"] = {
            mapping["identityProvider"]: {
                **{key: mapping[key] for key in ("type", "ambiguousRoleResolution") if key in mapping},
                **({"rulesConfiguration": {"rules": mapping["mappingRules"]}} if mapping.get("mappingRules") else {}),
            }
            for mapping in properties["roleMappings"]
        }
    return properties


IDENTITY_POOL_ROLE_ATTACHMENT = Spec(
    token="aws:cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment",
    service="cognito-identity",
    calls=(Call("SetIdentityPoolRoles", REST, reshape=_mappings_by_provider),),
    id="{identityPoolId}",
)

IDENTITY_POOL_PROVIDER_PRINCIPAL_TAG = Spec(
    token="aws:cognito/identityPoolProviderPrincipalTag:IdentityPoolProviderPrincipalTag",
    service="cognito-identity",
    calls=(Call("SetPrincipalTagAttributeMap", REST),),
    defaults={"useDefaults": True},
    id="{identityPoolId}:{identityProviderName}",
)
