"""Sample ratings (示例) of the sample cases: invitations, ratings, rectifications in every state, answers.

Told in bulk, like the cases; who acts is whom the rules would let act.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import cycle
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils import timezone

from services.actions.ratings import FOLLOW_UP_GRADES
from services.choices_cases import CaseState, PaperKind
from services.choices_ratings import (
    BAD_GRADES,
    CallBackVerdict,
    Doubt,
    RatingChannel,
    RatingStanding,
    RemediationState,
    TagSide,
)
from services.disclosure import disclosed
from services.models import (
    BundleDocument,
    Case,
    Entrustment,
    PublishedAnswer,
    RatingInvitation,
    RatingRemediation,
    RatingTag,
    RemediationPaper,
    ServiceRating,
)
from services.papers.ratings import new_remediation_paper
from tuoxian_portal.accounts.demo import demo_people
from tuoxian_portal.accounts.models import User
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core import crypto
from tuoxian_portal.core.calendar import WorkingCalendar, load_calendar
from tuoxian_portal.core.samples import SampleContext, SampleMaker, sample_makers

BATCH = 200
RATED = 0.55  # share of invitations that are answered
GRADES = {5: 62, 4: 22, 3: 9, 2: 4, 1: 3}
CHANNELS = {
    RatingChannel.WINDOW_QR: 50,
    RatingChannel.ONLINE: 22,
    RatingChannel.DEVICE: 16,
    RatingChannel.PHONE: 7,
    RatingChannel.PAPER: 5,
}
DOUBTS = {RatingChannel.PAPER: Doubt.OWN_CASE, RatingChannel.PHONE: Doubt.OWN_CASE}
GOOD_WORDS = [
    "窗口说得清楚，材料一次就交齐了。",
    "比承诺的时间早了几天，很满意。",
    "不用来回跑，办好了还打电话通知。",
    "头一回办，工作人员一步一步教的。",
    "",
]
FAIR_WORDS = ["总体还行，就是等候区座位少。", "网上的表格看不太懂，到窗口才填好。", ""]
BAD_WORDS = ["等了一个多小时才轮到。", "第一次没有说要这份材料，又跑了一趟。", "打电话一直没有人接。"]
THANKS = "谢谢您的认可，我们会继续把事情办好。"
NOTED = "您提的问题已经记下，正在改进。"
FINDING = "经查看叫号记录和监控，情况属实。"
ANSWER = "已在高峰时段增开一个窗口，并把所需材料重新列在取号机旁。"
UNFOUNDED = "经核对办件记录，反映的问题不是本件，评价人也已说明点错。"


class RatingTeller:
    """Tells the ratings of one batch of cases, in memory, and saves them."""

    def __init__(self, context: SampleContext, *, first_serial: int = 9000) -> None:
        self.context, self.random = context, context.random
        self.calendar: WorkingCalendar = load_calendar()
        self.people: dict[str, User] = demo_people()
        self.tags: dict[str, list[RatingTag]] = defaultdict(list)
        for tag in RatingTag.objects.filter(is_active=True):
            self.tags[tag.side].append(tag)
        self.serials: dict[str, int] = defaultdict(lambda: first_serial)
        self.now = timezone.now()
        self.wanted = [state for state in RemediationState if state != RemediationState.CLOSED]
        self.settling = timedelta(days=12)  # younger rectifications are still being verified
        self.doubtful_wanted = 3 * context.scale
        self.entries: list[tuple[Any, LogEntry]] = []

    def number(self, prefix: str, day: date) -> str:
        key = f"{prefix}-{day:%Y%m%d}"
        self.serials[key] += 1
        return f"{key}-{self.serials[key]}"

    def log(self, target: Any, action: str, at: datetime, who: str = "", reason: str = "") -> None:
        self.entries.append(
            (
                target,
                LogEntry(
                    at=at,
                    actor=self.people.get(who),
                    action=action,
                    object_repr=str(target),
                    reason=reason,
                    is_sample=True,
                ),
            )
        )

    # --- one batch -----------------------------------------------------------------------------

    def tell(self, cases: list[Case]) -> None:
        invitations = [
            self.invitation(case, case.updated_at, case=case, title=case.item_name, item_id=case.item_id)
            for case in cases
        ]
        self.keep(invitations, [rating for one in invitations if (rating := self._rating(one))])

    def keep(self, invitations: list[RatingInvitation], ratings: list[ServiceRating]) -> None:
        """Saves them, and the rectifications that the bad ones open."""
        RatingInvitation.objects.bulk_create(invitations)
        for rating in ratings:
            rating.invitation_id = rating.invitation.pk
        ServiceRating.objects.bulk_create(ratings)
        self._tag(ratings)
        bad = [rating for rating in ratings if rating.grade in BAD_GRADES]
        remediations = [self._remediation(rating) for rating in bad]
        RatingRemediation.objects.bulk_create(remediations)
        invalid = [r.rating for r in remediations if r.state == RemediationState.UNFOUNDED]
        ServiceRating.objects.bulk_update(
            invalid, ["standing", "judged_by", "judged_at", "judgement"], batch_size=BATCH
        )
        RemediationPaper.objects.bulk_create(paper for r in remediations for paper in self._papers(r))
        self._save_entries()

    def invitation(self, subject: Any, at: datetime, *, title: str, **about: Any) -> RatingInvitation:
        """Unsaved, as `actions.ratings` would make it."""
        invitation = RatingInvitation(
            title=title[:200],
            department_id=getattr(subject, "department_id", None),
            outlet_id=subject.outlet_id,
            phone_hash=crypto.keyed_hash(subject.phone),
            invited_at=at,
            is_sample=True,
            **about,
        )
        invitation.token_hash = crypto.keyed_hash(invitation.token)
        invitation.set_expiry()
        return invitation

    def _rating(self, invitation: RatingInvitation) -> ServiceRating | None:
        if self.random.random() > RATED:
            return None
        at = invitation.invited_at + timedelta(
            days=self.random.choices([0, 1, 3, 7], [6, 2, 1, 1])[0], minutes=self.random.randint(2, 90)
        )
        if at >= self.now - timedelta(hours=1):
            return None
        grade = self.random.choices(list(GRADES), list(GRADES.values()))[0]
        rating = self.rate(
            invitation, at, grade, self.random.choices(list(CHANNELS), list(CHANNELS.values()))[0]
        )
        self._doubt(rating)
        return rating

    def rate(
        self, invitation: RatingInvitation, at: datetime, grade: int, channel: str, comment: str | None = None
    ) -> ServiceRating:
        """A rating, unsaved; without `comment` one that fits the grade."""
        invitation.rated_at = at
        words = GOOD_WORDS if grade > 3 else FAIR_WORDS if grade == 3 else BAD_WORDS
        if comment is None:
            comment = self.random.choice(words) if grade < 4 or self.random.random() < 0.4 else ""
        rating = ServiceRating(
            number=self.number("PJ", timezone.localdate(at)),
            invitation=invitation,
            grade=grade,
            comment=comment,
            channel=channel,
            rated_at=at,
            recorded_by=self.people["supervisor"] if channel in DOUBTS else None,
            phone_hash=invitation.phone_hash,
            is_sample=True,
        )
        self.log(rating, "rate", at, "supervisor" if rating.recorded_by else "")
        return rating

    def _doubt(self, rating: ServiceRating) -> None:
        """Some three in a hundred are doubted; those older than a month have been decided. A few of the
        younger ones always are, so that the queue has something to show."""
        young = self.now - rating.rated_at <= timedelta(days=30)
        if young and self.doubtful_wanted:
            self.doubtful_wanted -= 1
        elif self.random.random() > 0.03:
            return
        rating.doubts = [self.random.choice([Doubt.TOO_FAST, Doubt.SAME_ADDRESS, Doubt.STAFF_SESSION]).value]
        rating.standing = RatingStanding.DOUBTFUL
        if not young:
            valid = self.random.random() < 0.6
            rating.standing = RatingStanding.VALID if valid else RatingStanding.INVALID
            rating.judged_by, rating.judged_at = (
                self.people["supervisor"],
                rating.rated_at + timedelta(days=2),
            )
            rating.judgement = "电话核实，是申请人本人评价。" if valid else "电话核实，申请人没有评价过。"
            self.log(
                rating, "confirm" if valid else "dismiss", rating.judged_at, "supervisor", rating.judgement
            )

    def _tag(self, ratings: list[ServiceRating]) -> None:
        through = ServiceRating.tags.through
        rows = []
        for rating in ratings:
            tags = self.tags[TagSide.BAD if rating.grade < 4 else TagSide.GOOD]
            for tag in self.random.sample(tags, min(len(tags), self.random.randint(0, 2))):
                rows.append(through(servicerating_id=rating.pk, ratingtag_id=tag.pk))
        through._default_manager.bulk_create(rows)

    # --- rectification -------------------------------------------------------------------------

    def _remediation(self, rating: ServiceRating) -> RatingRemediation:
        """Closed, unless a state is still missing or it is too young for that."""
        day = timezone.localdate(rating.rated_at)
        invitation = rating.invitation
        remediation = RatingRemediation(
            number=rating.number.replace("PJ-", "ZG-", 1),
            rating=rating,
            department_id=invitation.department_id,
            outlet_id=invitation.outlet_id,
            opened_at=rating.rated_at,
            due_on=self.calendar.add(day, settings.RATING_REMEDIATION_WORKING_DAYS),
            is_sample=True,
        )
        self.log(remediation, "open", rating.rated_at)
        lapsed = rating.standing == RatingStanding.INVALID
        young = self.now - rating.rated_at < self.settling
        until = self.wanted.pop() if self.wanted and not lapsed and not young else RemediationState.CLOSED
        if young:
            until = RemediationState.VERIFYING
        if lapsed:
            until = RemediationState.UNFOUNDED
        self._bring(remediation, until, rating.judgement if lapsed else UNFOUNDED)
        return remediation

    def _bring(self, r: RatingRemediation, until: str, unfounded: str) -> None:
        R = RemediationState
        if until == R.VERIFYING:
            return
        at, supervisor = r.opened_at + timedelta(days=1), self.people["supervisor"]
        r.verified_by, r.verified_at, r.finding = supervisor, at, FINDING
        if until == R.UNFOUNDED:
            r.state, r.finding = R.UNFOUNDED, unfounded
            r.closed_by, r.closed_at, r.closing_note = supervisor, at, unfounded
            self.log(r, "reject", at, "supervisor", unfounded)
            r.rating.standing = RatingStanding.INVALID
            r.rating.judged_by, r.rating.judged_at = supervisor, at
            r.rating.judgement = f"差评不属实：{unfounded}"[:300]
            return
        r.state = R.RECTIFYING
        self.log(r, "verify", at, "supervisor", FINDING)
        if until == R.RECTIFYING:
            return
        at += timedelta(days=2)
        answerer = "reviewer" if r.department_id else "window"
        r.state, r.answered_by, r.answered_at, r.answer = R.CALLING_BACK, self.people[answerer], at, ANSWER
        self.log(r, "answer", at, answerer, ANSWER)
        if until == R.CALLING_BACK:
            return
        at += timedelta(days=1)
        verdict = self.random.choices([CallBackVerdict.SATISFIED, CallBackVerdict.UNREACHABLE], [8, 2])[0]
        r.verdict, r.called_by, r.called_at = verdict, supervisor, at
        r.call_note = (
            "电话联系，对方表示认可。" if verdict == CallBackVerdict.SATISFIED else "两天内三次无人接听。"
        )
        self.log(r, "call_back", at, "supervisor", r.call_note)
        at += timedelta(hours=2)
        r.state, r.closed_by, r.closed_at, r.closing_note = R.CLOSED, supervisor, at, "整改到位，同意办结。"
        self.log(r, "close", at, "supervisor", r.closing_note)

    def _papers(self, r: RatingRemediation) -> Iterator[RemediationPaper]:
        sequence = 0
        if r.verified_at and r.state != RemediationState.UNFOUNDED:
            sequence += 1
            yield new_remediation_paper(
                PaperKind.REMEDIATION, r, sequence=sequence, at=r.verified_at, by=r.verified_by
            )
        if r.closed_at:
            yield new_remediation_paper(
                PaperKind.REMEDIATION_RESULT, r, sequence=sequence + 1, at=r.closed_at, by=r.closed_by
            )

    def _save_entries(self) -> None:
        kinds = ContentType.objects.get_for_models(ServiceRating, RatingRemediation)
        for target, entry in self.entries:
            entry.content_type, entry.object_id = kinds[type(target)], str(target.pk)
        LogEntry.objects.bulk_create([entry for _, entry in self.entries], batch_size=400)
        self.entries.clear()


def publish_some(context: SampleContext, supervisor: User) -> None:
    """Answers to some thirty ratings, of the last months and of every grade."""
    found = (
        ServiceRating.objects.samples()
        .counted()
        .select_related("invitation__item", "invitation__department", "remediation")
    )
    shown = [r for r in found.order_by("-rated_at")[:400] if r.comment]
    shown = [r for r in shown if not (hasattr(r, "remediation") and r.remediation.is_open)][:30]
    answers = []
    for rating in shown:
        answer = rating.remediation.answer if rating.is_bad else THANKS if rating.grade > 3 else NOTED
        item, department, month = disclosed(rating)
        answers.append(
            PublishedAnswer(
                rating=rating,
                grade=rating.grade,
                tags=rating.tag_names,
                comment=rating.comment,
                answer=answer,
                item=item,
                department=department,
                month=month,
                published_at=rating.rated_at + timedelta(days=8),
                published_by=supervisor,
                is_sample=True,
            )
        )
    PublishedAnswer.objects.bulk_create(answers)


def make(context: SampleContext) -> None:
    """Invitations for every sample case that is done, ratings for about half of them."""
    teller = RatingTeller(context)
    if not teller.tags:
        context.say("没有评价标签，示例评价不带标签。请先执行 load_reference。")
    last = 0
    # A bundle is rated as a whole, not case by case.
    alone = Q(bundle_case__isnull=True) | Q(split_off_at__isnull=False)
    finished = Case.objects.samples().filter(alone, state=CaseState.COMPLETED)
    done = finished.select_related("item", "department", "outlet")
    while cases := list(done.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = cases[-1].pk
        teller.tell(cases)
    publish_some(context, teller.people["supervisor"])


def make_others(context: SampleContext) -> None:
    """Invitations for bundle cases that were picked up and help that was signed off: one of each grade
    and one still open of either, and what principals said when called back."""
    teller = RatingTeller(context, first_serial=9500)
    teller.wanted, teller.settling = [RemediationState.RECTIFYING], timedelta(days=3)
    grades: Iterator[int | None] = cycle([5, 4, 2, 3, 1, None])
    invitations, ratings = [], []

    def tell(
        invitation: RatingInvitation,
        grade: int | None,
        channel: str,
        at: datetime,
        comment: str | None = None,
    ) -> None:
        invitations.append(invitation)
        if grade is not None and at < teller.now:
            ratings.append(teller.rate(invitation, at, grade, channel, comment))

    helped = Entrustment.objects.filter(is_sample=True, signed_off_on__isnull=False).order_by("pk")
    for help_given in helped:
        signed_off = help_given.signed_off_on
        if signed_off is None:
            continue
        at = timezone.make_aware(datetime.combine(signed_off, time(17)))
        title = f"帮办代办（{help_given.get_mode_display()}）"
        invitation = teller.invitation(help_given, at, entrustment=help_given, title=title)
        said = timezone.make_aware(datetime.combine(help_given.followed_up_on or signed_off, time(17, 30)))
        grade = FOLLOW_UP_GRADES.get(help_given.follow_up_grade)
        tell(invitation, grade, RatingChannel.PHONE, said, help_given.follow_up_note)
    printed = BundleDocument.objects.filter(bundle_case__is_sample=True, kind=PaperKind.INVITATION)
    for paper in printed.select_related("bundle_case").order_by("created_at", "pk"):
        bundle_case, at = paper.bundle_case, paper.created_at
        invitation = teller.invitation(bundle_case, at, bundle_case=bundle_case, title=bundle_case.name)
        tell(invitation, next(grades), RatingChannel.WINDOW_QR, at + timedelta(days=1))
    teller.keep(invitations, ratings)


sample_makers.register("services-ratings", SampleMaker(name="services-ratings", order=52, make=make))
sample_makers.register(
    "services-ratings-others", SampleMaker(name="services-ratings-others", order=71, make=make_others)
)
