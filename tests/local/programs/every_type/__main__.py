"""One resource of every type the local deployer knows, wired to each other as a real program would."""

import compute  # type: ignore[import-not-found]
import edge  # type: ignore[import-not-found]
import identity  # type: ignore[import-not-found]
import messaging  # type: ignore[import-not-found]
import network  # type: ignore[import-not-found]
import pulumi
import pulumi_aws as aws
import storage  # type: ignore[import-not-found]

config = pulumi.Config()
prefix = config.require("prefix")
print("a program may print", flush=True)
provider = aws.Provider(
    "aws",
    region="us-east-1",
    allowed_account_ids=["000000000000"],
    default_tags={"tags": {"Project": "every-type", "Owner": "nobody"}},
)
opts = pulumi.ResourceOptions(provider=provider)

key = aws.kms.Key("key", description="Everything", enable_key_rotation=True, deletion_window_in_days=7, opts=opts)
key_alias = aws.kms.Alias("key-alias", name=f"alias/{prefix}", target_key_id=key.key_id, opts=opts)

role, queue_access = compute.create_role(prefix, opts)
alias = compute.create_function(prefix, role, config.require("note"), opts)
queue, _ = messaging.create(prefix, key, opts)
compute.create_consumer(alias, queue, queue_access, opts)
pool = identity.create(prefix, alias, role, opts)
edge.create(prefix, config.require("zoneId"), pool, opts)
compute.create_api(prefix, alias, pool, opts)
storage.create(prefix, key, pulumi.Output.secret("not-a-real-secret"), opts)
network.create(prefix, key, opts)

pulumi.export("key_alias_target", key_alias.target_key_arn)
pulumi.export("key_arn", key.arn)
pulumi.export("role_tags", role.tags_all)
pulumi.export("region", aws.get_region_output(opts=pulumi.InvokeOptions(provider=provider)).region)
pulumi.export("partition", aws.get_partition(opts=pulumi.InvokeOptions(provider=provider)).partition)
