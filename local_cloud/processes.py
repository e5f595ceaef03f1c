"""Whether a process still runs."""

import psutil  # type: ignore[import-untyped]


def is_alive(pid: int) -> bool:
    """Whether there is a process with this id. One that ended but was not yet waited for, a zombie, does not count."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
