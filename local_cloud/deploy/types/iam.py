"""IAM: roles and policies."""

from local_cloud.deploy.spec import DELETE_ONLY, PROVIDER_ONLY, REST, At, Call, Spec

ROLE = Spec(
    token="aws:iam/role:Role",
    service="iam",
    noun="Role",
    auto_name="name",
    calls=(
        Call("CreateRole", REST, renames={"assumeRolePolicy": "AssumeRolePolicyDocument"}),
        Call(
            "PutRolePolicy",
            ("inlinePolicies",),
            for_each="inlinePolicies",
            renames={"name": "PolicyName", "policy": "PolicyDocument"},
            gives={"RoleName": "{name}"},
        ),
        Call(
            "AttachRolePolicy",
            ("managedPolicyArns",),
            for_each="managedPolicyArns",
            renames={"managedPolicyArns": "PolicyArn"},
            gives={"RoleName": "{name}"},
        ),
    ),
    not_sent={"forceDetachPolicies": DELETE_ONLY},
    id="{name}",
    outputs={
        "arn": At("Role.Arn"),
        "uniqueId": At("Role.RoleId"),
        "createDate": At("Role.CreateDate"),
        "path": At("Role.Path"),
        "maxSessionDuration": At("Role.MaxSessionDuration", default=3600),
    },
)

ROLE_POLICY = Spec(
    token="aws:iam/rolePolicy:RolePolicy",
    service="iam",
    auto_name="name",
    calls=(
        Call(
            "PutRolePolicy",
            REST,
            renames={"role": "RoleName", "name": "PolicyName", "policy": "PolicyDocument"},
        ),
    ),
    id="{role}:{name}",
)

POLICY = Spec(
    token="aws:iam/policy:Policy",
    service="iam",
    noun="Policy",
    auto_name="name",
    calls=(Call("CreatePolicy", REST, renames={"policy": "PolicyDocument"}),),
    not_sent={"delayAfterPolicyCreationInMs": PROVIDER_ONLY},
    id="{arn}",
    outputs={
        "arn": At("Policy.Arn"),
        "policyId": At("Policy.PolicyId"),
        "attachmentCount": At("Policy.AttachmentCount", default=0),
        "path": At("Policy.Path"),
    },
)

ROLE_POLICY_ATTACHMENT = Spec(
    token="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    service="iam",
    calls=(Call("AttachRolePolicy", REST, renames={"role": "RoleName"}),),
    id="{role}-{policyArn}",
)
