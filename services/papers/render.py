"""A frozen paper as PDF. The print page in the admin shows the same content as HTML."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from services.choices_ratings import RatingChannel
from services.models.papers import IssuedPaper


def tracking_address(subject: Any, *, with_password: bool = True) -> str:
    """Where the QR code of a case or bundle leads. Number and password stand after the `#`, which no
    browser sends, so that they reach no log; the page's script fills the form from them."""
    address = f"{settings.SITE_URL}{reverse('services:track')}#{subject.tracking_number}"
    return f"{address}/{subject.tracking_code}" if with_password else address


def rating_address(subject: Any) -> str:
    """Where the QR code of an invitation leads: the one-time link of what is rated; "" when there is
    no invitation (any more)."""
    invitation = getattr(subject, "rating_invitation", None)
    return f"{settings.SITE_URL}{invitation.address(RatingChannel.WINDOW_QR)}" if invitation else ""


def qr_of(document: IssuedPaper) -> tuple[str, str]:
    """Address and caption of the paper's QR code; empty for a paper without one. Neither number nor
    token stands in the frozen content."""
    if document.content["slip"]:
        return tracking_address(document.subject), "扫码查看办理进度"
    if document.content.get("invites"):  # papers printed before there were invitations lack the key
        return rating_address(document.subject), "扫码评价"
    if hasattr(document.subject, "tracking_number"):
        # Papers that others keep, too: the number alone, the password is on the applicant's slip.
        return tracking_address(document.subject, with_password=False), "扫码查看办理进度"
    return "", ""


def spaced(code: str) -> str:
    """`ABCD 2345`: read aloud and typed in two halves."""
    return f"{code[:4]} {code[4:]}"


def facts_of(document: IssuedPaper) -> list[list[str]]:
    """The box at the top, with the tracking password on papers that carry it."""
    rows = list(document.content["facts"])
    if document.content["slip"]:
        rows.append(["查询密码", spaced(document.subject.tracking_code)])
    return rows


def link_of(document: IssuedPaper) -> list[list[str]]:
    """The address of an invitation in letters, for the page that prints without a QR code."""
    if not document.content.get("invites") or not (address := rating_address(document.subject)):
        return []
    return [["评价网址", address]]


def render_paper(document: IssuedPaper) -> bytes:
    """The paper as PDF; the same bytes each time. About half a second."""
    from tuoxian_portal.core.pdf import Pdf, mm  # heavy: only processes that print load it

    content: dict[str, Any] = document.content
    address, caption = qr_of(document)
    paper = Pdf(
        content["title"],
        author=content["place"],
        base=14,
        leading=23,
        margins=(24 * mm, 26 * mm, 28 * mm, 28 * mm),
        footer=content["number"],
    )
    paper.heading(content["title"], level=0)
    if address or not content["to"]:
        paper.facts(
            [(label, value) for label, value in facts_of(document)],
            qr=address,
            qr_caption=caption,
        )
    else:
        paper.text(f"编号：{content['number']}", align="right", size=12)
    if content["to"]:
        paper.text(content["to"], align="left", bold=True)
    for text in content["body"]:
        paper.text(text, indent=2)
    if content["table"]:
        _table(paper, content["table"])
    for section in content.get("sections") or []:
        paper.text(section["text"], indent=2, room=6 if section["table"] else 0)
        if section["table"]:
            _table(paper, section["table"])
    signers = [f"{label}：{name}" for label, name in content["signers"]]
    for left, text in zip(range(len(content["after"]), 0, -1), content["after"], strict=True):
        # Nobody signs a page that says nothing: what comes last stays with the signatures.
        paper.text(text, indent=2, room=len(signers) + 3 if left == 1 and not content["place"] else 0)
    if content["place"]:
        paper.signature(content["place"], content["date"], beside=signers)
    else:
        paper.gap(14)
        for left, line in zip(range(len(signers), 0, -1), signers, strict=True):
            paper.text(line, align="left", size=12, room=left)  # signatures stay together
    return paper.render()


def _table(paper: Any, table: dict[str, Any]) -> None:
    left = table.get("left", 1)  # the column that holds text
    align = ["left" if n == left else "center" for n in range(len(table["headers"]))]
    paper.table(table["headers"], table["rows"], widths=table["widths"], align=align)
