"""Ratings (好差评): inviting, rating, deciding about doubts, publishing. 差评整改 is in `remediations.py`.

Everything a person can do wrong is answered in Chinese: `RatingClosed` for a link that no longer works,
`ValidationError` by field for a form.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from services.actions.remediations import lapse_remediation, open_remediation
from services.choices_entrustments import FollowUpGrade
from services.choices_ratings import (
    SELF_CHANNELS,
    STAFF_CHANNELS,
    Doubt,
    RatingChannel,
    RatingGrade,
    RatingStanding,
)
from services.disclosure import disclosed
from services.integrity import SAME_ADDRESS_WINDOW, SAME_PHONE_DAYS, RatingFacts, doubts
from services.models.bundle_cases import BundleCase
from services.models.cases import Case
from services.models.entrustments import Entrustment
from services.models.ratings import (
    MAX_COMMENT,
    PublishedAnswer,
    RatingInvitation,
    RatingTag,
    ServiceRating,
)
from services.redaction import redaction_problems
from services.workflow_ratings import RATING_WORKFLOW, RECORD
from tuoxian_portal.accounts.models import User
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.context import remote_address
from tuoxian_portal.audit.steps import locked, step, write
from tuoxian_portal.core import crypto
from tuoxian_portal.core.concurrency import check_version
from tuoxian_portal.core.errors import NotPermitted, WorkflowError
from tuoxian_portal.core.numbering import next_number
from tuoxian_portal.directory.models import Department, Outlet

MAX_ANSWER = 1000
USED = "这次服务已经评价过了。每次办事只评价一次，谢谢您。"
EXPIRED = "评价邀请已经过期。如有意见，请拨打窗口电话或政务服务便民热线反映。"


class RatingClosed(WorkflowError):
    """The invitation was used or has expired."""

    code = "rating_closed"


# --- Inviting --------------------------------------------------------------------------------------


def invite(*, case: Case, actor: Any, at: datetime) -> RatingInvitation:
    """The invitation to rate `case`, which was just done. The paper is printed by whoever completes it.

    One query. A case is invited once: the database refuses a second one.
    """
    about = {"case": case, "title": case.item_name[:200], "item_id": case.item_id}
    return _invite(case, at, **about)


def invite_for_bundle(*, bundle_case: BundleCase, actor: Any, at: datetime) -> RatingInvitation:
    """The one invitation to rate a bundle case as a whole; its cases are not rated one by one."""
    return _invite(bundle_case, at, bundle_case=bundle_case, title=bundle_case.name[:200])


def invite_for_entrustment(*, entrustment: Entrustment, actor: Any, at: datetime) -> RatingInvitation:
    """The one invitation to rate the help, once the principal has signed that it is done."""
    title = f"帮办代办（{entrustment.get_mode_display()}）"
    return _invite(entrustment, at, entrustment=entrustment, title=title)


def _invite(subject: Case | BundleCase | Entrustment, at: datetime, **about: Any) -> RatingInvitation:
    invitation = RatingInvitation(
        department_id=getattr(subject, "department_id", None),  # help is an outlet's alone
        outlet_id=subject.outlet_id,
        phone_hash=crypto.keyed_hash(subject.phone),
        invited_at=at,
        is_sample=subject.is_sample,
        **about,
    )
    invitation.set_expiry()
    invitation.save()
    return invitation


def find_invitation(token: str) -> RatingInvitation | None:
    """The invitation of a link, whatever has become of it; one query."""
    rows = RatingInvitation.objects.select_related(
        "case__item", "bundle_case", "entrustment", "outlet", "department"
    )
    return rows.filter(token_hash=crypto.keyed_hash(token)).first() if token else None


def find_open(case: Case) -> RatingInvitation | None:
    """The invitation of `case` if it can still be used, for one of a bundle that of the whole; one
    query."""
    about = {"bundle_case": case.bundle_case_id} if case.in_bundle else {"case": case.pk}
    return RatingInvitation.objects.select_related("case", "bundle_case").open().filter(**about).first()


# --- Rating ----------------------------------------------------------------------------------------


def submit_rating(
    *,
    invitation: RatingInvitation,
    grade: int,
    actor: Any = None,
    tags: Iterable[str] = (),
    comment: str = "",
    channel: str = RatingChannel.ONLINE,
    address: str = "",
    staff_session: bool = False,
) -> ServiceRating:
    """The applicant rates through the one-time link: nobody acts, `actor` stays None.

    `address` is the caller's network address, of which only a keyed hash is kept; `staff_session` says
    that the browser was signed in as staff. Raises `RatingClosed`, `ValidationError`. Some dozen queries.
    """
    if channel not in SELF_CHANNELS:
        channel = RatingChannel.ONLINE
    return _rate(
        invitation, grade, tags, comment, channel, actor=None, address=address, staff_session=staff_session
    )


def record_rating(
    *,
    invitation: RatingInvitation,
    actor: Any,
    grade: int,
    channel: str,
    tags: Iterable[str] = (),
    comment: str = "",
) -> ServiceRating:
    """Staff enter what came on paper or by telephone; who did is kept. Raises as `submit_rating`, and
    `NotPermitted`."""
    if not actor.has_perm(RECORD):
        raise NotPermitted("您没有登记评价的权限。如需登记，请联系窗口负责人。")
    if not RatingInvitation.objects.visible_to(actor).filter(pk=invitation.pk).exists():
        raise NotPermitted("本件不在您的办理范围内。")
    if channel not in STAFF_CHANNELS:
        raise ValidationError({"channel": "代为登记的评价须选择“电话回访”或“纸质”。"})
    return _rate(invitation, grade, tags, comment, channel, actor=actor)


# The grades of a call-back about help are those of 好差评; who was not reached has said nothing.
FOLLOW_UP_GRADES: dict[str, RatingGrade] = {
    FollowUpGrade.VERY_SATISFIED: RatingGrade.VERY_SATISFIED,
    FollowUpGrade.SATISFIED: RatingGrade.SATISFIED,
    FollowUpGrade.FAIRLY_SATISFIED: RatingGrade.FAIR,
    FollowUpGrade.DISSATISFIED: RatingGrade.DISSATISFIED,
    FollowUpGrade.VERY_DISSATISFIED: RatingGrade.VERY_DISSATISFIED,
}


def rate_by_follow_up(
    *, entrustment: Entrustment, actor: Any, grade: str, comment: str
) -> ServiceRating | None:
    """What a principal said when called back about help is her rating, unless she has rated herself. The
    caller has checked who may call back."""
    invitation = getattr(entrustment, "rating_invitation", None)
    if invitation is None or not invitation.is_open or grade not in FOLLOW_UP_GRADES:
        return None
    return _rate(invitation, FOLLOW_UP_GRADES[grade], (), comment, RatingChannel.PHONE, actor=actor)


def _rate(
    invitation: RatingInvitation,
    grade: Any,
    tags: Iterable[str],
    comment: str,
    channel: str,
    *,
    actor: Any,
    address: str = "",
    staff_session: bool = False,
) -> ServiceRating:
    comment = _checked(grade, comment)
    chosen = _tags(tags)
    try:
        with transaction.atomic():
            fresh = RatingInvitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
            if fresh.is_used:
                raise RatingClosed(USED)
            if fresh.is_expired:
                raise RatingClosed(EXPIRED)
            at = timezone.now()
            found = doubts(_facts(fresh, channel, at, actor, address, staff_session))
            rating = ServiceRating.objects.create(
                number=_next_number(at),
                invitation=fresh,
                grade=grade,
                comment=comment,
                channel=channel,
                rated_at=at,
                recorded_by=actor,
                address_hash=crypto.keyed_hash(address),
                phone_hash=fresh.phone_hash,
                standing=RatingStanding.DOUBTFUL if found else RatingStanding.CLEAR,
                doubts=found,
                is_sample=fresh.is_sample,
            )
            rating.tags.set(chosen)
            fresh.rated_at = at
            fresh.save(update_fields=["rated_at"])
            _log_rating(rating, actor)
            if rating.is_bad:
                open_remediation(rating=rating, actor=None, at=at)
    except IntegrityError:  # the same click in the same moment
        if ServiceRating.objects.filter(invitation=invitation.pk).exists():
            raise RatingClosed(USED) from None
        raise
    return rating


def _checked(grade: Any, comment: str) -> str:
    errors = {}
    if grade not in RatingGrade.values:
        errors["grade"] = "请选择一项评价。"
    comment = comment.replace("\x00", "").strip()
    if len(comment) > MAX_COMMENT:
        errors["comment"] = f"意见不超过 {MAX_COMMENT} 字，现有 {len(comment)} 字，请删减后再提交。"
    if errors:
        raise ValidationError(errors)
    return comment


def _tags(codes: Iterable[str]) -> list[RatingTag]:
    wanted = set(codes)
    found = list(RatingTag.objects.filter(is_active=True, code__in=wanted)) if wanted else []
    if len(found) != len(wanted):
        raise ValidationError({"tags": "所选标签已停用，请刷新页面后重选。"})
    return found


def _facts(
    invitation: RatingInvitation, channel: str, at: datetime, actor: Any, address: str, staff_session: bool
) -> RatingFacts:
    """Five queries at most."""
    rated = ServiceRating.objects.order_by()
    hashed = crypto.keyed_hash(address)
    subject = invitation.subject
    return RatingFacts(
        channel=channel,
        seconds_after_invitation=(at - invitation.invited_at).total_seconds(),
        staff_session=staff_session,
        recorded_by_handler=actor is not None and actor.pk in subject.handler_ids,
        phone_is_offices=is_office_phone(subject.phone),
        from_phone=rated.filter(
            phone_hash=invitation.phone_hash, rated_at__gt=at - timedelta(days=SAME_PHONE_DAYS)
        ).count()
        if invitation.phone_hash
        else 0,
        from_address=rated.filter(address_hash=hashed, rated_at__gt=at - SAME_ADDRESS_WINDOW).count()
        if hashed
        else 0,
        hall_device=address in settings.RATING_DEVICE_ADDRESSES,
    )


def is_office_phone(phone: str) -> bool:
    """Whether `phone` is the telephone of a department or an outlet, with or without its area code.
    Two queries over some dozen rows; people who sign in have no telephone in the portal."""
    digits = "".join(c for c in phone if c.isdigit())
    if len(digits) < 7:
        return False
    for model in (Department, Outlet):
        for known in model.objects.exclude(phone="").values_list("phone", flat=True):
            office = "".join(c for c in known if c.isdigit())
            if len(office) >= 7 and (digits.endswith(office) or office.endswith(digits)):
                return True
    return False


def _next_number(at: datetime) -> str:
    """`PJ-20261124-0001`."""
    day = timezone.localdate(at)
    return f"PJ-{day:%Y%m%d}-{next_number(f'rating-{day:%Y%m%d}'):04d}"


def _log_rating(rating: ServiceRating, actor: Any) -> None:
    """The entry says which rating came, not from where: an applicant's address is kept nowhere."""
    before = remote_address.set(remote_address.get() if actor is not None else None)
    try:
        log(
            actor=actor,
            action="rate",
            target=rating,
            changes={"grade": [None, int(rating.grade)], "doubts": [None, rating.doubt_labels]},
        )
    finally:
        remote_address.reset(before)


# --- Deciding about doubts -------------------------------------------------------------------------


def doubt_rating(*, rating: ServiceRating, actor: Any, reason: str, version: int | None = None) -> Any:
    """A supervisor doubts a rating that no rule had doubted; it stops counting until decided."""
    return step(
        RATING_WORKFLOW,
        "doubt",
        rating,
        actor,
        reason=reason,
        version=version,
        doubts=lambda fresh: [*fresh.doubts, Doubt.MANUAL.value],
    )


def confirm_rating(*, rating: ServiceRating, actor: Any, reason: str, version: int | None = None) -> Any:
    """认定有效: it counts."""
    return step(
        RATING_WORKFLOW, "confirm", rating, actor, reason=reason, version=version, **_judged(actor, reason)
    )


@transaction.atomic
def dismiss_rating(*, rating: ServiceRating, actor: Any, reason: str, version: int | None = None) -> Any:
    """认定无效: it is kept and does not count; an open rectification ends with it."""
    fresh = step(
        RATING_WORKFLOW, "dismiss", rating, actor, reason=reason, version=version, **_judged(actor, reason)
    )
    lapse_remediation(rating=fresh, actor=None, reason=f"评价认定无效：{reason.strip()}")
    return fresh


def _judged(actor: Any, reason: str) -> dict[str, Any]:
    return {"judged_by": actor, "judged_at": timezone.now(), "judgement": reason.strip()[:300]}


# --- Publishing ------------------------------------------------------------------------------------


@transaction.atomic
def publish_rating(
    *,
    rating: ServiceRating,
    actor: Any,
    answer: str,
    comment: str = "",
    version: int | None = None,
    reason: str = "",
) -> ServiceRating:
    """Puts the rating and the hall's answer on the public list.

    `comment` is what the public reads instead of the original. Raises `ValidationError` by field when
    either text could point at somebody, `WorkflowError` while a rectification is open.
    """
    fresh = locked(rating)
    check_version(fresh, version)
    RATING_WORKFLOW.check(fresh, "publish", actor, reason=reason)
    comment, answer = comment.strip(), answer.strip()
    errors: dict[str, list[str]] = {}
    if not answer:
        errors["answer"] = ["请填写对群众的答复。"]
    if len(answer) > MAX_ANSWER:
        errors["answer"] = [f"答复不超过 {MAX_ANSWER} 字，现有 {len(answer)} 字。"]
    if len(comment) > MAX_COMMENT:
        errors["comment"] = [f"公开的意见不超过 {MAX_COMMENT} 字，现有 {len(comment)} 字。"]
    names = names_around(fresh)
    for field, text in (("comment", comment), ("answer", answer)):
        if problems := redaction_problems(text, names=names):
            errors[field] = [*errors.get(field, []), *problems]
    if errors:
        raise ValidationError(errors)
    item, department, month = disclosed(fresh)
    PublishedAnswer.objects.create(
        rating=fresh,
        grade=fresh.grade,
        tags=fresh.tag_names,
        comment=comment,
        answer=answer,
        item=item,
        department=department,
        month=month,
        published_at=timezone.now(),
        published_by=actor,
        is_sample=fresh.is_sample,
    )
    return write(fresh, {}, actor=actor, action="publish", reason=reason)


@transaction.atomic
def unpublish_rating(*, rating: ServiceRating, actor: Any, reason: str, version: int | None = None) -> Any:
    """Takes a rating off the public list; it can be published again."""
    fresh = locked(rating)
    check_version(fresh, version)
    RATING_WORKFLOW.check(fresh, "unpublish", actor, reason=reason)
    PublishedAnswer.objects.filter(rating=fresh).delete()
    return write(fresh, {}, actor=actor, action="unpublish", reason=reason)


def names_around(rating: ServiceRating) -> list[str]:
    """Everybody whose name must not be published: the applicant's side and who handled the matter."""
    subject = rating.invitation.subject
    staff = User.objects.filter(pk__in=subject.handler_ids).values_list("display_name", flat=True)
    return [*subject.personal_names, *(name for name in staff if name)]
