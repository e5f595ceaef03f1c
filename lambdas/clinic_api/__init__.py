"""A small service behind the API front door: health, the caller's identity, and the users of the caller's clinic."""
