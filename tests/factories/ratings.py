"""Ratings for tests; they come through the actions, as they do in life."""

from datetime import timedelta
from itertools import count
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from services.actions import ratings as rate
from services.actions import remediations as remedy
from services.choices_cases import CaseState
from services.choices_ratings import CallBackVerdict, RatingGrade, RemediationState
from services.models import Case, RatingInvitation, RatingRemediation, RatingTag, ServiceRating
from tests.factories.accounts import UserFactory
from tests.factories.cases import Hall

PHONES = count(13900000001)


class TagFactory(DjangoModelFactory):
    class Meta:
        model = RatingTag

    code = factory.Sequence(lambda n: f"tag-{n}")
    name = factory.Sequence(lambda n: f"标签{n}")
    side = "good"


class RatingHall(Hall):
    """A hall that finishes cases and is rated. `second` is a supervisor beside `supervisor`."""

    def __init__(self, **item: Any) -> None:
        super().__init__(**item)
        self.second = UserFactory(roles=["supervisor"])

    def invitation(self, *, minutes_ago: float = 60, **more: Any) -> RatingInvitation:
        """A case done `minutes_ago`, of an applicant with a telephone of her own."""
        more.setdefault("applicant", self.applicant(phone=str(next(PHONES))))
        case = self.case_in(CaseState.COMPLETED, **more)
        invitation = case.rating_invitation
        invitation.invited_at = timezone.now() - timedelta(minutes=minutes_ago)
        invitation.save()
        return RatingInvitation.objects.select_related("case").get(pk=invitation.pk)

    def rating(self, grade: int = RatingGrade.SATISFIED, **more: Any) -> ServiceRating:
        """Plain unless `more` says otherwise: one address a rating."""
        more.setdefault("address", f"10.1.{grade}.{ServiceRating.objects.count()}")
        case = {name: more.pop(name) for name in ("applicant", "minutes_ago") if name in more}
        return rate.submit_rating(invitation=self.invitation(**case), grade=grade, **more)

    def doubtful(self, grade: int = RatingGrade.SATISFIED) -> ServiceRating:
        return self.rating(grade, staff_session=True)

    def remediation_in(self, state: str, grade: int = RatingGrade.DISSATISFIED) -> RatingRemediation:
        """Brought to `state` by people who may."""
        remediation = self.rating(grade, comment="等了两个小时").remediation
        R = RemediationState
        if state == R.VERIFYING:
            return remediation
        if state == R.UNFOUNDED:
            return remedy.reject_remediation(
                remediation=remediation, actor=self.supervisor, reason="评价的不是本件"
            )
        remediation = remedy.verify_remediation(
            remediation=remediation, actor=self.supervisor, reason="当日只开了一个窗口"
        )
        if state == R.RECTIFYING:
            return remediation
        remediation = remedy.answer_remediation(
            remediation=remediation, actor=self.reviewer, reason="已增开一个窗口"
        )
        if state == R.CALLING_BACK:
            return remediation
        remediation = remedy.call_back(
            remediation=remediation,
            actor=self.supervisor,
            verdict=CallBackVerdict.SATISFIED,
            reason="对方表示认可",
        )
        return remedy.close_remediation(remediation=remediation, actor=self.second, reason="整改到位")

    def other_case(self) -> Case:
        """Of another outlet and another department."""
        return Hall().case_in(CaseState.COMPLETED)
