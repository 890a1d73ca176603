"""Entrustments for tests; they come through the actions, as they do in life."""

from datetime import date, timedelta
from typing import Any

from services.actions import entrustment_acts as acts
from services.actions import entrustment_ends as ends
from services.actions import entrustments as do
from services.actions.entrustment_acts import PaperLine
from services.actions.entrustments import Principal
from services.choices_cases import CaseState
from services.choices_entrustments import EntrustmentState, Power
from services.models import Entrustment
from tests.factories.accounts import UserFactory
from tests.factories.cases import IDENTITY, Hall
from tuoxian_portal.core.calendar import today

S = EntrustmentState
PLAIN_POWERS = [Power.GUIDE, Power.FILL, Power.SUBMIT, Power.COLLECT]


class HelpDesk(Hall):
    """The hall with its helper, a second one, and somebody to call back."""

    def __init__(self, **item: Any) -> None:
        super().__init__(**item)
        self.other_helper = UserFactory(roles=["helper"], outlet=self.outlet)

    def principal(self, **changes: Any) -> Principal:
        return Principal(
            **{"kind": "person", "name": "测试申请人", "phone": "13800005678", "number": IDENTITY, **changes}
        )

    def ask(self, **more: Any) -> Entrustment:
        """咨询登记."""
        return do.register_entrustment(
            **{
                "actor": self.clerk,
                "principal": self.principal(),
                "needs": "办理测试许可，不清楚要带什么材料",
                "mode": "window",
                "channel": "window",
                **more,
            }
        )

    def draw_up(self, entrustment: Entrustment, **more: Any) -> Entrustment:
        on = today()
        return do.draw_up_authority(
            **{
                "entrustment": entrustment,
                "actor": self.helper,
                "powers": PLAIN_POWERS,
                "items": [self.item],
                "starts_on": on,
                "ends_on": on + timedelta(days=30),
                **more,
            }
        )

    def helping(self, *, ends_on: date | None = None, **more: Any) -> Entrustment:
        """A signed entrustment; `more` goes to `draw_up`."""
        entrustment = do.promise_help(entrustment=self.ask(), actor=self.helper)
        if ends_on:
            more["ends_on"] = ends_on
        entrustment = self.draw_up(entrustment, **more)
        return do.sign_authority(entrustment=entrustment, actor=self.helper, signer="测试申请人")

    def step(self, entrustment: Entrustment, **more: Any) -> Entrustment:
        return acts.record_step(
            **{
                "entrustment": entrustment,
                "actor": self.helper,
                "power": Power.FILL,
                "item": self.item,
                "what": "代填申请表",
                **more,
            }
        )

    def entrustment_in(self, state: str) -> Entrustment:
        """An entrustment brought to `state` by the people whose work it is."""
        entrustment = self.ask()
        if state == S.CONSULTED:
            return entrustment
        entrustment = do.promise_help(entrustment=entrustment, actor=self.helper)
        if state == S.PROMISED:
            return entrustment
        entrustment = self.draw_up(entrustment)
        if state == S.DRAWN_UP:
            return entrustment
        entrustment = do.sign_authority(entrustment=entrustment, actor=self.helper, signer="测试申请人")
        if state == S.TERMINATED:
            return ends.withdraw_entrustment(
                entrustment=entrustment, actor=self.helper, reason="委托人自己办理"
            )
        entrustment = self.step(entrustment)
        if state == S.HELPING:
            return entrustment
        if state == S.SUSPENDED:
            return do.suspend_help(entrustment=entrustment, actor=self.helper, reason="委托人外出")
        entrustment = ends.sign_off(
            entrustment=entrustment, actor=self.helper, signer="测试申请人", result="许可已办好"
        )
        if state == S.SIGNED_OFF:
            return entrustment
        return ends.follow_up(entrustment=entrustment, actor=self.clerk, grade="satisfied")

    def hand_in(self, entrustment: Entrustment, *papers: PaperLine) -> Entrustment:
        return acts.receive_papers(
            entrustment=entrustment,
            actor=self.helper,
            papers=papers or [PaperLine("营业执照", "original"), PaperLine("章程", "copy", 2)],
            handed_by="测试申请人",
        )

    def linked_case(self, entrustment: Entrustment, state: str = CaseState.RECEIVED) -> Any:
        """A case of the principal in `state`, handled under `entrustment`."""
        case = self.record()
        acts.link_case(entrustment=entrustment, actor=self.helper, case_number=case.case_number)
        return self.bring(type(case).objects.get(pk=case.pk), state)
