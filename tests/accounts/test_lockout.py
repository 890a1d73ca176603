"""Five wrong passwords lock an account for half an hour, many names from one address the address; said in Chinese."""

import pytest

from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-enough-password"


@pytest.fixture(autouse=True)
def locking(settings):
    settings.AXES_ENABLED = True


def attempt(client, door, username, password, **where):
    return client.post(door, {"username": username, "password": password}, **where)


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


def spray(client, names, **where):
    for n in range(names):
        attempt(client, "/login/", f"guess-{n}", "Spring2026!!", **where)


def test_an_address_that_tries_many_names_is_locked(client, settings):
    settings.LOGIN_NAMES_PER_ADDRESS = 4
    user = UserFactory()
    spray(client, 3)
    assert attempt(client, "/login/", user.username, "wrong").status_code == 429  # the fourth name
    response = attempt(client, "/login/", user.username, PASSWORD)
    assert response.status_code == 429
    assert response["Retry-After"] == "1800"
    page = response.content.decode()
    assert "从这里暂时不能登录" in page
    assert "4 个以上不同的用户名" in page
    assert "30 分钟后再试" in page
    assert attempt(client, "/login/", user.username, PASSWORD, REMOTE_ADDR="203.0.113.7").status_code == 302


def test_who_has_signed_in_from_there_is_not_locked_for_what_others_did(client, settings):
    settings.LOGIN_NAMES_PER_ADDRESS = 4
    clerk, newcomer = UserFactory(), UserFactory()
    attempt(client, "/login/", clerk.username, PASSWORD)
    spray(client, 6)
    assert attempt(client, "/login/", newcomer.username, PASSWORD).status_code == 429
    assert attempt(client, "/login/", clerk.username, "wrong").status_code == 200
    assert attempt(client, "/login/", clerk.username, PASSWORD).status_code == 302
    for _ in range(5):
        last = attempt(client, "/login/", clerk.username, "wrong")
    assert "账号已暂时锁定" in last.content.decode()  # five failures of her own are another matter


def test_clerks_who_mistype_once_and_then_sign_in_do_not_add_up(client, settings):
    settings.LOGIN_NAMES_PER_ADDRESS = 4
    for clerk in UserFactory.create_batch(6):
        assert attempt(client, "/login/", clerk.username, "wrong").status_code == 200
        assert attempt(client, "/login/", clerk.username, PASSWORD).status_code == 302


def test_one_clerk_who_fails_often_locks_herself_only(client, settings):
    settings.LOGIN_NAMES_PER_ADDRESS = 4
    clerk, other = UserFactory(), UserFactory()
    for _ in range(8):
        attempt(client, "/login/", clerk.username, "wrong")
    assert attempt(client, "/login/", other.username, PASSWORD).status_code == 302
