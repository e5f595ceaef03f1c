"""What AWS enforces between its services when one delivers to another, and the emulator does not.

`permissions` asks the policies; `http_api`, `event_rules` and `event_sources` are the three ways to a function or
queue; `queues` and `message_moves` are SQS itself. `install` puts them into the running emulator. Compared with AWS's
documentation, not with AWS.
"""

import functools

from local_cloud.delivery import event_rules, event_sources, http_api, message_moves, permissions, queues
from local_cloud.delivery.patched import PATCHED
from local_cloud.delivery.permissions import may_invoke

__all__ = ["PATCHED", "install", "may_invoke"]


@functools.cache
def install() -> None:
    """Replace the emulator's deliveries in this process, before it serves. A second call does nothing."""
    permissions.install()
    queues.install()
    message_moves.install()
    event_rules.install()
    event_sources.install()
    http_api.install()
