"""Ways around a guarded route: none of them leads to what the route guards."""

import http.client
from urllib.parse import urlsplit

import pytest

from local.test_journey_bad_input import confirmed
from local_cloud.journey import sign_in
from local_cloud.journey.traveller import Traveller
from medflow.local.session import Deployed, redrive_all

pytest_plugins = ("local.deployed",)

DETOURS = [
    "/api/clinics/{clinic}/users",
    "/api/clinics/{clinic}/users%0A",
    "/api/clinics/{clinic}/users%3F",
    "/api/clinics/{clinic}/users/",
    "/api/clinics/{clinic}/users/.",
    "/api/clinics/{clinic}//users",
    "/api//clinics/{clinic}/users",
    "//api/clinics/{clinic}/users",
    "/api/./clinics/{clinic}/users",
    "/api/me/../clinics/{clinic}/users",
    "/api/clinics/{clinic}%2Fusers",
    "/API/clinics/{clinic}/users",
    "/api/clinics/{clinic}/Users",
]


@pytest.fixture(scope="module")
def patient(deployed: Deployed) -> Traveller:
    """Of the clinic whose users they ask for, without the scope to."""
    user = Traveller.new(deployed.connection, redrive_all)
    confirmed(user, user.clinic_id, "patient")
    sign_in.sign_in(user)
    return user


@pytest.mark.parametrize("detour", DETOURS)
def test_no_spelling_of_a_path_gets_around_its_scope(patient: Traveller, detour: str) -> None:
    """D1 B2. Sent as it stands, without a client that would tidy it."""
    url = urlsplit(patient.api(""))
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=10)
    path = url.path.rstrip("/") + detour.format(clinic=patient.clinic_id)
    connection.request("GET", path, headers={"Authorization": f"Bearer {patient.tokens.access}"})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    assert answer.status in (400, 403, 404), body
    assert "users" not in body
