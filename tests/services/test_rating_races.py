"""One link, many clicks in the same moment, on PostgreSQL."""

import pytest

from services.actions import ratings as rate
from services.models import RatingRemediation, ServiceRating
from tests.factories.ratings import RatingHall
from tests.services.test_case_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_a_link_sent_twenty_times_at_once_rates_once():
    invitation = RatingHall().invitation()

    def send(grade):
        try:
            return rate.submit_rating(invitation=invitation, grade=grade)
        except rate.RatingClosed:
            return None

    made = [rating for rating in at_once(send, [1, 5] * 10, workers=10) if rating]
    assert len(made) == 1
    assert ServiceRating.objects.get() == made[0]
    assert RatingRemediation.objects.count() == (made[0].grade == 1)


def test_twenty_ratings_at_once_get_unbroken_numbers():
    hall = RatingHall()
    invitations = [hall.invitation() for _ in range(20)]
    made = at_once(lambda i: rate.submit_rating(invitation=i, grade=2), invitations, workers=10)
    assert sorted(int(r.number[-4:]) for r in made) == list(range(1, 21))
    assert RatingRemediation.objects.count() == 20
