"""Deploys the Pulumi program into the local cloud: the program runs unchanged, each resource is created through boto3.

`python -m local_cloud.deploy` is the process that does it (Pulumi's runtime state is global to a process);
`local_cloud.deploy.client.deploy` starts it and reads its events. Only creation into an empty cloud is modelled:
no update, no replacement, no deletion, no diff.
"""
