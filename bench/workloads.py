"""What is measured, and the target of each (those of docs/performance.md)."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.documents import WORDS
from bench.measure import Ask, Server, Taken
from services.models import Case, ServiceItem
from tuoxian_portal.accounts.models import User

H, R = "H：空视图经项目中间件", "R：驱动 + orjson，20 行"


@dataclass
class Known:
    """What targets are judged with: everything that was taken, and that of the base scale."""

    taken: dict[str, Taken]
    base: dict[str, dict[str, float]]

    def ratio(self, name: str, of: str) -> float:
        """Speed as a share of a baseline's, by CPU a request."""
        return self.taken[of].cpu / max(self.taken[name].cpu, 1e-6)

    def growth(self, name: str) -> float | None:
        """Time at this scale over time at the base scale; None without a base."""
        base = self.base.get(name)
        return self.taken[name].undisturbed / base["undisturbed"] if base else None


Verdict = tuple[str, bool | None]


@dataclass
class Workload:
    """`judge` says what was measured and whether it is enough; None when that cannot be said."""

    name: str
    requests: Callable[[int], Ask]
    target: str = ""
    judge: Callable[[str, Known], Verdict] = lambda name, known: ("", None)
    grows: bool = False
    user: User | None = None
    most: int = 60
    cached: bool = False
    taken: Taken = field(default_factory=Taken)


def at_least(share: float, of: str, queries: int | None = None) -> Callable[[str, Known], Verdict]:
    def judge(name: str, known: Known) -> Verdict:
        ratio, asked = known.ratio(name, of), known.taken[name].queries
        good = ratio >= share and (queries is None or asked is None or asked <= queries)
        return f"{ratio:.2f} {of[0]}", good

    return judge


def within(*, cpu: float = 0, p95: float = 0, queries: int = 0) -> Callable[[str, Known], Verdict]:
    def judge(name: str, known: Known) -> Verdict:
        taken = known.taken[name]
        good = (
            (not cpu or taken.cpu <= cpu)
            and (not p95 or taken.p95 <= p95)
            and (not queries or taken.queries is None or taken.queries <= queries)
        )
        return (f"CPU {taken.cpu:.1f} ms" if cpu else f"p95 {taken.p95:.0f} ms"), good

    return judge


def no_slower(times: float, p95: float = 0) -> Callable[[str, Known], Verdict]:
    def judge(name: str, known: Known) -> Verdict:
        taken, growth = known.taken[name], known.growth(name)
        if taken.counts_table:
            return "全表 count(*)", False
        if growth is None:
            return "没有基准量", None
        good = growth <= times and (not p95 or taken.p95 <= p95)
        return f"{growth:.2f} 倍，p95 {taken.p95:.0f} ms", good

    return judge


class Visitor:
    """Somebody who is signed in: the cookie of a session, and a form token when one is posted."""

    def __init__(self, role: str, server: Server) -> None:
        from django.test import Client

        self.user = User.objects.filter(groups__role__code=role).order_by("pk")[0]
        self.client = Client()
        self.client.force_login(self.user)
        session = self.client.cookies[
            "portal_session" if "portal_session" in self.client.cookies else "sessionid"
        ]
        token = "b" * 32
        self.headers = {"Cookie": f"{session.key}={session.value}; csrftoken={token}"}
        self.token = token

    def asks(self, path: str) -> Callable[[int], Ask]:
        return lambda number: Ask(path, self.headers)


def record_case(clerk: Visitor) -> Callable[[int], Ask]:
    """A new case with five materials (or all that the item has), posted as the counter's page does."""
    items = ServiceItem.objects.published().filter(department__isnull=False).prefetch_related("materials")
    item = min(items, key=lambda i: abs(i.materials.count() - 5))
    lines = list(item.materials.all())

    def ask(number: int) -> Ask:
        form: dict[str, Any] = {
            "csrfmiddlewaretoken": clerk.token,
            "submission": str(uuid.uuid4()),
            "item": item.code,
            "kind": "organisation",
            "name": f"示例单位{number}",
            "number": credit_code(random.getrandbits(28)),
            "phone": "13800000000",
            "confirmed": "1",
            "paper_form": "1",
        }
        for line in lines:
            form |= {f"material_{line.pk}": "on", f"originals_{line.pk}": "1", f"copies_{line.pk}": "1"}
        return Ask("/admin/services/case/add/", clerk.headers, 302, form)

    return ask


def credit_code(number: int) -> str:
    """A valid 统一社会信用代码 that follows from `number`."""
    from stdnum.cn import uscc

    body = f"91150122{number:09d}"[:17]
    return body + uscc.calc_check_digit(body)


def workloads(server: Server) -> list[Workload]:
    official, clerk = Visitor("official", server), Visitor("window", server)
    list_url = "/api/v1/services/cases/?state=reviewing"
    number = Case.objects.filter(state="reviewing").order_by("-pk").values_list("case_number", flat=True)[0]
    etag = server.fetch(Ask("/projects/"))[0].headers["ETag"]

    def search(n: int) -> Ask:
        from urllib.parse import quote

        chance = random.Random(n)
        return Ask(f"/search/?q={quote(' '.join(chance.sample(WORDS, 2)))}&_={n}")

    return [
        Workload(H, lambda n: Ask("/bench/hello/"), cached=True),
        Workload(R, lambda n: Ask("/bench/raw/"), cached=True),
        Workload(
            "JSON 列表：办件按状态筛选，20 行",
            official.asks(list_url),
            "≥ 0.20 R，查询 ≤ 3",
            at_least(0.20, R, 3),
            user=official.user,
        ),
        Workload(
            "JSON 详情：办件",
            official.asks(f"/api/v1/services/cases/{number}/"),
            "≥ 0.15 R",
            at_least(0.15, R),
            user=official.user,
        ),
        Workload("JSON 列表：公开项目", lambda n: Ask("/api/v1/projects/key-projects/?stage=building")),
        Workload(
            "If-None-Match：项目列表",
            lambda n: Ask("/projects/", {"If-None-Match": etag}, 304),
            "≥ 0.5 H",
            at_least(0.5, H),
            cached=True,
        ),
        Workload(
            "公开页，缓存命中：项目列表",
            lambda n: Ask("/projects/"),
            "≥ 0.5 H",
            at_least(0.5, H),
            cached=True,
        ),
        Workload(
            "公开页，未缓存：项目列表",
            lambda n: Ask(f"/projects/?_={n}"),
            "CPU ≤ 12 ms，查询 ≤ 8",
            within(cpu=12, queries=8),
        ),
        Workload(
            "公开页，未缓存：政策列表",
            lambda n: Ask(f"/policies/?_={n}"),
            "CPU ≤ 12 ms，查询 ≤ 8",
            within(cpu=12, queries=8),
        ),
        Workload("公开页，未缓存：首页", lambda n: Ask(f"/?_={n}")),
        Workload("搜索两个词，前 20 条与分面", search, "p95 ≤ 50 ms（PostgreSQL）", within(p95=50)),
        Workload(
            "后台办件列表，按状态筛选",
            official.asks("/admin/services/case/?state__exact=reviewing"),
            "≤ 1.5 × 基准量，不全表计数",
            no_slower(1.5),
            grows=True,
            user=official.user,
            most=20,
        ),
        Workload(
            "登记一件（五份材料）",
            record_case(clerk),
            "p95 ≤ 150 ms，查询 ≤ 40",
            within(p95=150, queries=40),
            user=clerk.user,
            most=20,
        ),
        Workload(
            "驾驶舱，全部面板",
            official.asks("/dashboard/"),
            "≤ 1.2 × 基准量，p95 ≤ 300 ms",
            no_slower(1.2, 300),
            grows=True,
            user=official.user,
            most=20,
        ),
    ]
