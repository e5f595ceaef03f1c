"""Physical names: `{environment}-{project}-{service}-{resource}` (requirement A16), held to AWS's length limits.

Components get `name_prefix` (`{environment}-{project}`) and never the environment itself: they know what it decided,
not what it is.
"""

import re
from enum import Enum

_WORD = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Kind(Enum):
    """What is named: the service label of the scheme, and the longest name AWS takes ("Service quotas" of each)."""

    LAMBDA_FUNCTION = ("lambda", 64)
    IAM_ROLE = ("iam", 64)
    IAM_POLICY = ("iam", 128)
    USER_POOL = ("cognito", 128)
    USER_POOL_CLIENT = ("cognito", 128)
    IDENTITY_POOL = ("cognito", 128)
    DOCUMENT_BUCKET = ("s3", 50)  # 63 less a hyphen and the account id, which make the name the only one in the world
    QUEUE = ("sqs", 80)
    EVENT_BUS = ("events", 256)
    EVENT_RULE = ("events", 64)
    EVENT_ARCHIVE = ("events", 48)
    DATABASE_CLUSTER = ("rds", 63)
    NETWORK = ("ec2", 255)
    HTTP_API = ("apigateway", 128)
    TABLE = ("dynamodb", 255)
    ALARM = ("cloudwatch", 255)
    WEB_ACL = ("wafv2", 128)

    def __init__(self, service: str, longest: int) -> None:
        self.service, self.longest = service, longest


def physical_name(prefix: str, kind: Kind, resource: str) -> str:
    """The name of one resource, such as `dev-medflow-cognito-user-pool`.

    Raises ValueError when a part is not lower-case words joined by hyphens, or the whole is longer than AWS allows.
    """
    for label, part in (("name_prefix", prefix), ("resource", resource)):
        if not _WORD.fullmatch(part):
            raise ValueError(f"{label} {part!r} must be lower-case letters and digits, words joined by single hyphens")
    name = f"{prefix}-{kind.service}-{resource}"
    if len(name) > kind.longest:
        raise ValueError(
            f"{name!r} has {len(name)} characters, {kind.name.lower()} names at most {kind.longest}: "
            "shorten the stack or project name"
        )
    return name


def prefix_problems(prefix: str) -> list[str]:
    """What is wrong with a `name_prefix`, for a component's list of problems."""
    if _WORD.fullmatch(prefix):
        return []
    return [f"name_prefix {prefix!r} must be lower-case letters and digits, words joined by single hyphens"]
