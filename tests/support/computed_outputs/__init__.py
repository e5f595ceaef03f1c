"""What the AWS provider computes for each resource type of this program: id, ARN, URLs, generated names.

Formats are those of the provider's documentation ("Attribute Reference" of each resource) and of the Service
Authorization Reference (ARNs). A type or an invoke that is not here makes the harness fail, so nothing is guessed.
Values that AWS makes up are derived from the logical name: equal in every run, different between two resources.
"""

from support.computed_outputs import compute, domains_and_protection, identity_and_data
from support.computed_outputs.invokes import INVOKES
from support.computed_outputs.table import COMPUTED, Created, Place, Request

__all__ = [
    "COMPUTED",
    "INVOKES",
    "Created",
    "Place",
    "Request",
    "compute",
    "domains_and_protection",
    "identity_and_data",
]

COMPUTED["pulumi:providers:aws"] = lambda request: Created(f"provider-{request.digest(8)}", {})
