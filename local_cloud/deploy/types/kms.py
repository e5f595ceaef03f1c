"""KMS: keys and aliases."""

from local_cloud.deploy.spec import DELETE_ONLY, REST, At, Call, Spec

_KEY_ID = {"KeyId": At("KeyMetadata.KeyId")}

KEY = Spec(
    token="aws:kms/key:Key",
    service="kms",
    calls=(
        Call("CreateKey", REST),
        Call(
            "EnableKeyRotation",
            ("enableKeyRotation", "rotationPeriodInDays"),
            reshape=lambda properties, _: {key: properties[key] for key in properties if key != "enableKeyRotation"},
            gives=_KEY_ID,
            when=lambda scope: bool(scope.inputs.get("enableKeyRotation")),
        ),
        Call(
            "DisableKey", ("isEnabled",), reshape=lambda *_: {}, gives=_KEY_ID, when=lambda s: not s.inputs["isEnabled"]
        ),
        Call("GetKeyPolicy", gives={**_KEY_ID, "PolicyName": "default"}),
    ),
    not_sent={"deletionWindowInDays": DELETE_ONLY},
    id="{keyId}",
    outputs={
        "keyId": At("KeyMetadata.KeyId"),
        "arn": At("KeyMetadata.Arn"),
        "policy": At("Policy", of="GetKeyPolicy"),
        "isEnabled": True,
        "enableKeyRotation": False,
        "keyUsage": At("KeyMetadata.KeyUsage"),
        "multiRegion": At("KeyMetadata.MultiRegion", default=False),
    },
)

ALIAS = Spec(
    token="aws:kms/alias:Alias",
    service="kms",
    noun="Alias",
    auto_name="name",
    name_pattern="alias/{name}-{unique}",
    calls=(
        Call("CreateAlias", REST),
        Call("DescribeKey", gives={"KeyId": "{targetKeyId}"}),
    ),
    id="{name}",
    outputs={
        "arn": "arn:{partition}:kms:{region}:{account}:{name}",
        "targetKeyArn": At("KeyMetadata.Arn", of="DescribeKey"),
    },
)
