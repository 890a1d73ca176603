"""A bundle of three items and the people who handle it; cases come through the actions."""

from typing import Any
from uuid import uuid4

from services.actions import bundle_cases as whole
from services.actions import cases as single
from services.actions.bundle_recording import record_bundle
from services.actions.recording import Applicant, HandedIn
from services.choices import Necessity
from services.choices_cases import ApplicantKind, CaseOutcome, MaterialState
from services.models import BundleCase, BundleMember, Case, Material, ServiceBundle
from tests.factories.accounts import UserFactory
from tests.factories.cases import IDENTITY, ItemFactory
from tests.factories.catalogue import BundleFactory, MaterialFactory, add_line
from tests.factories.directory import OutletFactory


def member_of(bundle: ServiceBundle, item: Any, order: int, *after: BundleMember) -> BundleMember:
    member = BundleMember.objects.create(bundle=bundle, item=item, order=order)
    member.prerequisites.set(after)
    return member


class BundleHall:
    """`first` and `beside` can begin at once, `second` waits for `first` and needs the licence it issues.

    All ask for the identity card, so that three lines become one paper. Each item has its department.
    """

    def __init__(self, **bundle: Any) -> None:
        self.bundle = BundleFactory(**{"promised_days": 15, "for_individuals": True, **bundle})
        self.identity: Material = MaterialFactory(name="身份证")
        self.licence: Material = MaterialFactory(name="前一事项的许可证")
        self.first = ItemFactory(name="前置许可", materials=[Necessity.REQUIRED])
        self.second = ItemFactory(name="后续许可", materials=[])
        self.beside = ItemFactory(name="并行许可", materials=[Necessity.REQUIRED, Necessity.DEFERRABLE])
        for item in (self.first, self.second, self.beside):
            add_line(item, self.identity, originals=1, copies=1)
        self.first.issues.add(self.licence)
        add_line(self.second, self.licence, originals=1)
        one = member_of(self.bundle, self.first, 1)
        member_of(self.bundle, self.second, 2, one)
        member_of(self.bundle, self.beside, 3)
        self.outlet = OutletFactory()
        self.clerk = UserFactory(roles=["window"], outlet=self.outlet)
        self.issuer = UserFactory(roles=["issuer"], outlet=self.outlet)
        self.supervisor = UserFactory(roles=["supervisor"])
        self.official = UserFactory(roles=["official"])
        self.helper = UserFactory(roles=["helper"], outlet=self.outlet)
        self.reviewers = {
            item.pk: UserFactory(roles=["reviewer"], department=item.department) for item in self.items
        }
        self.approvers = {
            item.pk: UserFactory(roles=["approver"], department=item.department) for item in self.items
        }

    @property
    def items(self) -> list[Any]:
        return [self.first, self.second, self.beside]

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

    def papers(self) -> list[int]:
        """The keys of what the applicant is asked for."""
        lines = [line for item in self.items for line in item.materials.all()]
        return sorted({line.material_id for line in lines} - {self.licence.pk})

    def handed_in(self, *missing: int) -> dict[int, HandedIn]:
        """Everything of the one set but `missing`."""
        return {
            pk: HandedIn(MaterialState.MISSING if pk in missing else MaterialState.HANDED_IN, 1, 1)
            for pk in self.papers()
        }

    def record(self, **more: Any) -> BundleCase:
        return record_bundle(
            **{
                "actor": self.clerk,
                "bundle": self.bundle,
                "answers": {},
                "applicant": self.applicant(),
                "materials": self.handed_in(),
                "submission": uuid4(),
                "confirmed": True,
                "paper_form": True,
                **more,
            }
        )

    def case(self, bundle_case: BundleCase, item: Any) -> Case:
        return Case.objects.get(bundle_case=bundle_case, item=item)

    def accepted(self, **more: Any) -> BundleCase:
        return whole.accept_bundle(bundle_case=self.record(**more), actor=self.clerk)

    def review(self, case: Case) -> Case:
        """From acceptance to review."""
        case.refresh_from_db()
        if not case.handed_over_at:
            case = single.hand_over(case=case, actor=self.clerk)
        return single.sign_in(case=case, actor=self.reviewers[case.item_id])

    def decide(self, case: Case, outcome: str = CaseOutcome.APPROVED) -> Case:
        """From acceptance to the decision."""
        case = self.review(case)
        case = single.submit_opinion(
            case=case, actor=self.reviewers[case.item_id], outcome=outcome, reason="审查完毕"
        )
        decide = single.approve_case if outcome == CaseOutcome.APPROVED else single.refuse_case
        return decide(case=case, actor=self.approvers[case.item_id], reason="符合规定")

    def deliver(self, bundle_case: BundleCase, **more: Any) -> BundleCase:
        return whole.deliver_bundle(
            bundle_case=bundle_case, actor=self.issuer, recipient="测试申请人", **more
        )
