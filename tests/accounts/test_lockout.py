"""Five wrong passwords lock an account for half an hour, said in Chinese."""

import pytest

from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-enough-password"


@pytest.fixture(autouse=True)
def locking(settings):
    settings.AXES_ENABLED = True


def attempt(client, door, username, password):
    return client.post(door, {"username": username, "password": password})


@pytest.mark.parametrize("door", ["/login/", "/admin/login/"])
def test_the_sixth_attempt_is_refused_even_with_the_right_password(client, door):
    user = UserFactory()
    for _ in range(4):
        assert attempt(client, door, user.username, "wrong").status_code == 200
    assert attempt(client, door, user.username, "wrong").status_code == 429
    response = attempt(client, door, user.username, PASSWORD)
    assert response.status_code == 429
    assert response["Retry-After"] == "1800"
    page = response.content.decode()
    assert "账号已暂时锁定" in page
    assert "30 分钟后再试" in page


def test_another_person_at_the_same_address_is_not_locked(client):
    user, other = UserFactory(), UserFactory()
    for _ in range(5):
        attempt(client, "/login/", user.username, "wrong")
    assert attempt(client, "/login/", other.username, PASSWORD).status_code == 302


def test_success_forgets_earlier_failures(client):
    user = UserFactory()
    for _ in range(2):
        for _ in range(4):
            attempt(client, "/login/", user.username, "wrong")
        assert attempt(client, "/login/", user.username, PASSWORD).status_code == 302
