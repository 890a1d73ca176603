"""Items and cases for tests; cases come through the actions, as they do in life."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from services.actions import cases as do
from services.actions.bundle_recording import record_bundle
from services.actions.recording import Applicant, HandedIn, record_case, register_case
from services.choices import HandlingKind, ItemType, LimitKind, Necessity, PublicationState
from services.choices_cases import ApplicantKind, CaseOutcome, CaseState, MaterialState, SpecialProcedure
from services.models import BundleMember, Case, ItemMaterial, ServiceItem
from tests.factories.accounts import UserFactory
from tests.factories.catalogue import BundleFactory, MaterialFactory
from tests.factories.directory import DepartmentFactory, OutletFactory

CREDIT_CODE = "91350100M000100Y43"
IDENTITY = "11010519491231002X"


class ItemFactory(DjangoModelFactory):
    class Meta:
        model = ServiceItem
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"TI-{n:04d}")
    name = factory.Sequence(lambda n: f"测试许可事项{n}")
    item_type = ItemType.LICENCE
    department = factory.SubFactory(DepartmentFactory)
    authority = "测试部门"
    state = PublicationState.PUBLISHED
    handling_kind = HandlingKind.PROMISED
    statutory_days = 20
    statutory_unit = "working"
    statutory_kind = LimitKind.OFFICE
    statutory_basis = "《测试条例》第十条"
    promised_days = 10
    result = "测试许可证"

    @factory.post_generation
    def materials(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        """A number of required materials (default 2), or a list of necessities."""
        if not create:
            return
        wanted = extracted if extracted is not None else [Necessity.REQUIRED] * 2
        if isinstance(wanted, int):
            wanted = [Necessity.REQUIRED] * wanted
        for order, necessity in enumerate(wanted):
            ItemMaterial.objects.create(
                item=self,
                material=MaterialFactory(),
                necessity=necessity,
                originals=1,
                copies=2,
                order=order,
            )


class Hall:
    """One outlet, one department, and one person for each role."""

    def __init__(self, **item: Any) -> None:
        self.item = ItemFactory(**item)
        self.outlet = OutletFactory()
        self.department = self.item.department
        self.clerk = UserFactory(roles=["window"], outlet=self.outlet)
        self.reviewer = UserFactory(roles=["reviewer"], department=self.department)
        self.approver = UserFactory(roles=["approver"], department=self.department)
        self.issuer = UserFactory(roles=["issuer"], outlet=self.outlet)
        self.supervisor = UserFactory(roles=["supervisor"])
        self.official = UserFactory(roles=["official"])
        self.helper = UserFactory(roles=["helper"], outlet=self.outlet)

    def person(self, role: str) -> Any:
        return {"window": self.clerk}.get(role) or getattr(self, role)

    def applicant(self, **changes: Any) -> Applicant:
        return Applicant(
            **{
                "kind": ApplicantKind.PERSON,
                "name": "测试申请人",
                "number": IDENTITY,
                "phone": "13800005678",
                **changes,
            }
        )

    def handed_in(self, state: str = MaterialState.HANDED_IN, **more: Any) -> dict[int, HandedIn]:
        return {
            line.pk: HandedIn(state=state, originals=1, copies=2, **more)
            for line in self.item.materials.all()
        }

    def register(self, **more: Any) -> Case:
        return register_case(**self._arguments(**more))

    def record(self, **more: Any) -> Case:
        return record_case(**self._arguments(**more))

    def _arguments(self, **more: Any) -> dict[str, Any]:
        return {
            "actor": self.clerk,
            "item": self.item,
            "applicant": self.applicant(),
            "materials": self.handed_in(),
            "submission": uuid4(),
            "confirmed": True,
            **more,
        }

    def case_in(self, state: str, **more: Any) -> Case:
        """A case brought to `state` by the people whose work it is."""
        if state == CaseState.REGISTERED:
            return self.register(**more)
        if state == CaseState.WAITING:
            return self.waiting()
        case = self.record(**more)
        return self.bring(case, state)

    def waiting(self) -> Case:
        """The case of a bundle that waits for another one."""
        bundle = BundleFactory()
        earlier = BundleMember.objects.create(bundle=bundle, item=ItemFactory(), order=1)
        BundleMember.objects.create(bundle=bundle, item=self.item, order=2).prerequisites.add(earlier)
        whole = record_bundle(
            actor=self.clerk, bundle=bundle, answers={}, applicant=self.applicant(), paper_form=True
        )
        return Case.objects.get(bundle_case=whole, item=self.item)

    def bring(self, case: Case, state: str) -> Case:
        S = CaseState
        if state == S.RECEIVED:
            return case
        if state == S.VOID:
            return do.void_case(case=case, actor=self.clerk, reason="录入错误")
        if state == S.WITHDRAWN:
            return do.withdraw_case(case=case, actor=self.clerk, reason="申请人书面要求")
        if state in {S.CORRECTING, S.RETURNED}:
            case = do.request_correction(
                case=case, actor=self.clerk, missing=["营业执照复印件不清晰"], days=10
            )
            if state == S.RETURNED:
                Case.objects.filter(pk=case.pk).update(due_on=timezone.localdate() - timedelta(days=1))
                case = do.return_case(case=case, actor=self.clerk, reason="期满未补正")
            return case
        if state == S.DECLINED:
            case = do.propose_decline(case=case, actor=self.clerk, reason="不属于本机关职权")
            return do.decline_case(case=case, actor=self.approver, reason="不属于本机关职权")
        case = do.accept_case(case=case, actor=self.clerk)
        if state == S.ACCEPTED:
            return case
        case = do.hand_over(case=case, actor=self.clerk)
        case = do.sign_in(case=case, actor=self.reviewer)
        if state == S.REVIEWING:
            return case
        if state == S.SPECIAL:
            return do.start_special(
                case=case,
                actor=self.approver,
                procedure=SpecialProcedure.EXPERT_REVIEW,
                days=15,
                reason="需要组织专家评审",
            )
        if state == S.TERMINATED:
            return do.terminate_case(case=case, actor=self.approver, reason="申请人不再具备条件")
        case = do.submit_opinion(
            case=case, actor=self.reviewer, outcome=CaseOutcome.APPROVED, reason="符合条件"
        )
        if state == S.DECIDING:
            return case
        case = do.approve_case(case=case, actor=self.approver)
        if state == S.COLLECTING:
            return case
        case = do.deliver_case(case=case, actor=self.issuer, recipient="测试申请人")
        if state == S.DELIVERED:
            Case.objects.filter(pk=case.pk).update(state=S.DELIVERED, closed_on=None)
            case.refresh_from_db()
        return case
