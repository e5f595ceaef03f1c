"""`medflow local token`: an access token, to try the API by hand."""

from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.journey.sign_in import srp
from local_cloud.journey.wire import JourneyError
from medflow.errors import OperatorError
from medflow.local import sample_user, state
from medflow.local.sample_user import SampleUser
from medflow.local.session import clearly


def token(directory: Path, user: SampleUser | None) -> str:
    """Sign in by SRP through the web client; as the journey's user, if none is given. Raises OperatorError."""
    with clearly():
        access = state.connect(directory)
        pool_id, client_id = access.output("user_pool_id"), access.output("web_client_id")
    user = user or sample_user.read(directory)
    try:
        return srp(access.anonymous_client("cognito-idp"), pool_id, client_id, user.email, user.password).access
    except (ClientError, BotoCoreError, JourneyError) as error:
        raise OperatorError(f"{user.email} cannot sign in: {error}") from error
