"""Tokens of the local cloud in the hands of clients nobody here wrote: pycognito, PyJWT, aws-jwt-verify on Node."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from pycognito.aws_srp import AWSSRP

from local_cloud.cloud import ROOT
from local_cloud.journey.sign_in import verified_claims
from local_cloud.journey.traveller import STAFF_ROLE, Traveller

pytest_plugins = ("local.deployed",)

NODE = ROOT / ".venv" / "bin" / "node"
NODE_CLIENT = Path(__file__).parent / "node_client"

Verdict = dict[str, Any]
NodeCheck = Callable[..., Verdict]


@pytest.fixture
def node_check(traveller: Traveller) -> NodeCheck:
    """Have one token verified by aws-jwt-verify: `node_check(token, tokenUse="access", clientId=...)`."""
    installed = NODE_CLIENT / "node_modules" / "aws-jwt-verify"
    assert installed.is_dir(), f"{installed} is missing; `make local` installs it"

    def check(token: str, **wanted: str) -> Verdict:
        request = {
            "endpoint": traveller.connection.endpoint,
            "userPoolId": traveller.pool_id,
            "checks": [{"token": token, "tokenUse": "access", "clientId": traveller.web_client_id, **wanted}],
        }
        done = subprocess.run(
            [NODE, "verify.mjs"], cwd=NODE_CLIENT, input=json.dumps(request), capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        [verdict] = json.loads(done.stdout)
        return dict(verdict)

    return check


def tampered(token: str) -> str:
    """The token with one more role in its payload and its signature as it was."""
    header, _, signature = token.split(".")
    claims = jwt.decode(token, options={"verify_signature": False}) | {"role": "admin"}
    forged = jwt.encode(claims, "another key, long enough for HMAC with SHA-256", algorithm="HS256").split(".")[1]
    return f"{header}.{forged}.{signature}"


def test_pycognito_signs_in_by_srp(traveller: Traveller) -> None:
    """H2. The protocol's other side is an implementation of its own, so the password proof is a real one."""
    srp = AWSSRP(
        traveller.email,
        traveller.password,
        traveller.pool_id,
        traveller.web_client_id,
        client=traveller.connection.anonymous_client("cognito-idp"),
    )
    assert set(srp.authenticate_user()["AuthenticationResult"]) >= {"AccessToken", "IdToken", "RefreshToken"}


def test_pycognito_is_refused_with_a_wrong_password(traveller: Traveller) -> None:
    """H2. Otherwise the sign-in above would prove nothing."""
    client = traveller.connection.anonymous_client("cognito-idp")
    srp = AWSSRP(traveller.email, "Wrong-password-1!", traveller.pool_id, traveller.web_client_id, client=client)
    with pytest.raises(client.exceptions.NotAuthorizedException, match="Incorrect username or password"):
        srp.authenticate_user()


@pytest.mark.parametrize("kind", ["access", "id"])
def test_pyjwt_verifies_both_tokens_against_the_pools_keys(traveller: Traveller, kind: str) -> None:
    """B1 H2. Signature, issuer, times, and for the ID token the audience."""
    audience = traveller.web_client_id if kind == "id" else None
    claims = verified_claims(traveller, getattr(traveller.tokens, kind), audience)
    assert (claims["tenant_id"], claims["role"]) == (traveller.clinic_id, STAFF_ROLE)


def test_pyjwt_refuses_a_tampered_token(traveller: Traveller) -> None:
    """B1. The signature covers the claims."""
    with pytest.raises(jwt.InvalidSignatureError):
        verified_claims(traveller, tampered(traveller.tokens.access), None)


@pytest.mark.parametrize("kind", ["access", "id"])
def test_the_node_library_verifies_both_tokens(traveller: Traveller, node_check: NodeCheck, kind: str) -> None:
    """B1 E4. It is what the NestJS service will use."""
    verdict = node_check(getattr(traveller.tokens, kind), tokenUse=kind)
    assert verdict["ok"], verdict
    assert (verdict["claims"]["tenant_id"], verdict["claims"]["roles"]) == (traveller.clinic_id, [STAFF_ROLE])


def test_the_node_library_finds_the_roles_scope_in_the_access_token(
    traveller: Traveller, node_check: NodeCheck
) -> None:
    """B1 A8. An SRP sign-in asks for no scope; the enricher added it."""
    assert node_check(traveller.tokens.access, scope="medflow/staff.read")["ok"]


def test_the_node_library_misses_a_scope_that_the_role_does_not_have(
    traveller: Traveller, node_check: NodeCheck
) -> None:
    """B1 A8. Least privilege holds for every verifier."""
    verdict = node_check(traveller.tokens.access, scope="medflow/staff.write")
    assert verdict == {"ok": False, "error": "JwtInvalidScopeError"}


def test_the_node_library_refuses_a_tampered_token(traveller: Traveller, node_check: NodeCheck) -> None:
    """B1. A role cannot be written into one's own token."""
    verdict = node_check(tampered(traveller.tokens.access))
    assert verdict == {"ok": False, "error": "JwtInvalidSignatureError"}


@pytest.mark.parametrize("kind", ["access", "id"])
def test_the_node_library_refuses_a_token_of_another_client(
    traveller: Traveller, node_check: NodeCheck, kind: str
) -> None:
    """B1 A5. The back end does not take what was issued to somebody else's app of the same pool."""
    other = traveller.connection.output("backend_client_id")
    verdict = node_check(getattr(traveller.tokens, kind), tokenUse=kind, clientId=other)
    assert verdict == {"ok": False, "error": "CognitoJwtInvalidClientIdError"}


def test_the_node_library_refuses_an_id_token_as_an_access_token(traveller: Traveller, node_check: NodeCheck) -> None:
    """B1 D1. Each token has its use."""
    verdict = node_check(traveller.tokens.id, tokenUse="access")
    assert verdict == {"ok": False, "error": "CognitoJwtInvalidTokenUseError"}
