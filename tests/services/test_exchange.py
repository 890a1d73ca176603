"""The catalogue as a workbook: out and in again, checked before anything is written, all or nothing."""

import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from services import tasks
from services.actions import catalogue as do
from services.actions import catalogue_import as imports
from services.choices import ImportState, PublicationState
from services.exchange.export import catalogue_book, working_rows
from services.models import (
    CatalogueImport,
    ItemMaterial,
    ItemQuestion,
    ItemStep,
    LegalBasis,
    Material,
    ServiceItem,
)
from services.versions import content_of, contents_of
from tests.factories.accounts import UserFactory
from tests.factories.catalogue import (
    CompleteItemFactory,
    MaterialFactory,
    PublishedItemFactory,
    ThemeFactory,
    add_line,
)
from tests.factories.directory import DepartmentFactory, OutletFactory
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core import jobs
from tuoxian_portal.core.errors import EditConflict, NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db
assert tasks  # the worker's handlers are registered
S = ImportState


@pytest.fixture(autouse=True)
def _private(settings: Any, tmp_path: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path), "base_url": None},
        },
    }


@pytest.fixture
def boss() -> Any:
    return UserFactory(roles=["administrator"])


def progress(*args: Any) -> None:
    """Nobody is looking."""


def exported() -> bytes:
    response = catalogue_book("x.xlsx", working_rows(ServiceItem.objects.all()))
    return b"".join(response)  # type: ignore[arg-type]  # a file


class Book:
    """A workbook to change, by the heading of a column."""

    def __init__(self, raw: bytes) -> None:
        self.book = openpyxl.load_workbook(io.BytesIO(raw))

    def column(self, sheet: str, heading: str) -> int:
        return [cell.value for cell in self.book[sheet][1]].index(heading) + 1

    def set(self, sheet: str, row: int, heading: str, value: Any) -> "Book":
        self.book[sheet].cell(row, self.column(sheet, heading)).value = value
        return self

    def add(self, sheet: str, **values: Any) -> "Book":
        page = self.book[sheet]
        row = page.max_row + 1
        for heading, value in values.items():
            page.cell(row, self.column(sheet, heading), value)
        return self

    def raw(self) -> bytes:
        buffer = io.BytesIO()
        self.book.save(buffer)
        return buffer.getvalue()


def template() -> Book:
    return Book(exported())


def upload(raw: bytes, name: str = "清单.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, raw)


def checked(raw: bytes, actor: Any) -> CatalogueImport:
    record = imports.hand_in(file=upload(raw), actor=actor)
    return imports.check_import(record=record, progress=progress)  # type: ignore[arg-type]  # called alike


def applied(raw: bytes, actor: Any) -> CatalogueImport:
    record = checked(raw, actor)
    assert record.state == S.READY, record.report
    record = imports.apply(record=record, actor=actor)
    return imports.carry_out(record=record, progress=progress)  # type: ignore[arg-type]  # called alike


def rich_item(**fields: Any) -> ServiceItem:
    """An item with something in every column, and with what workbooks tend to lose."""
    item = CompleteItemFactory(
        conditions="第一条\r\n第二条  两个空格",
        aliases="办照\n开公司",
        left_to_window=["fee", "phone"],
        implementation_code="1" * 31,
        quota="=SUM(A1)",
        online_url="https://example.org/a?b=1",
        **fields,
    )
    item.themes.add(ThemeFactory(), ThemeFactory())
    item.outlets.add(OutletFactory())
    item.issues.add(MaterialFactory(name=f"建设地点、建设规模{item.pk}"))
    add_line(item, MaterialFactory(), wording="另一个叫法", copies=2, form="either", order=9)
    ItemQuestion.objects.create(item=item, question="要多久？", answer="5 天\n当天也行")
    ItemStep.objects.create(item=item, name="审查", who="审查员", days=3)
    LegalBasis.objects.create(item=item, statute="测试条例", article="第二条")
    return item


# --- Round trip -----------------------------------------------------------------------------------
def test_what_is_exported_changes_nothing_when_it_comes_back(boss: Any) -> None:
    for _ in range(3):
        rich_item()
    PublishedItemFactory()
    before = contents_of(ServiceItem.objects.all())
    record = checked(exported(), boss)
    assert record.report["problems"] == []
    assert record.state == S.UNCHANGED, record.report
    assert record.counts == {"added": 0, "changed": 0, "unchanged": 4, "problems": 0, "materials": 0}
    assert contents_of(ServiceItem.objects.all()) == before


def test_the_countys_own_catalogue_comes_back_unchanged(reference: None, boss: Any) -> None:
    record = checked(exported(), boss)
    assert (record.state, record.report["problems"]) == (S.UNCHANGED, [])
    assert record.counts["unchanged"] == ServiceItem.objects.count() >= 45


def test_a_new_item_is_a_draft_and_a_second_import_changes_nothing(boss: Any) -> None:
    DepartmentFactory(name="测试审批局", short_name="审批局")
    ThemeFactory(name="开办")
    MaterialFactory(name="营业执照", aliases="执照、营业执照副本")
    book = template()
    row = {"公开编号": "xz-01", "事项名称": "新事项", "事项类型": "行政许可", "实施主体": "测试审批局"}
    book.add("事项", **row, 实施部门="审批局", 服务法人="是", 主题="开办", 法定时限=20, 法定时限单位="工作日")
    book.add("材料", 公开编号="XZ-01", 材料名称="营业执照副本", 复印件份数=1)
    book.add("材料", 公开编号="XZ-01", 材料名称="全新的申请表", 必要性="可容缺")
    book.add("依据", 公开编号="XZ-01", 法律法规名称="测试法", 条款="第三条")
    book.add("流程", 公开编号="XZ-01", 环节="受理", 办理人员="窗口", 工作日=1)
    book.add("常见问题", 公开编号="XZ-01", 问题="收费吗", 答复="不收费")
    raw = book.raw()
    record = checked(raw, boss)
    assert (record.state, record.report["materials"]) == (S.READY, ["全新的申请表"])
    assert not ServiceItem.objects.exists()
    assert not Material.objects.filter(name="全新的申请表").exists()

    applied(raw, boss)
    item = ServiceItem.objects.get()
    assert (item.code, item.state, item.department.short_name) == ("XZ-01", S_DRAFTED, "审批局")
    assert "xinshixiang" in item.search_text
    lines = list(item.materials.all())
    assert [(line.name, line.material.name) for line in lines] == [
        ("营业执照副本", "营业执照"),
        ("全新的申请表", "全新的申请表"),
    ]
    assert [theme.name for theme in item.themes.all()] == ["开办"]
    entry = LogEntry.objects.get(action="import")
    assert (entry.actor, entry.object_id) == (boss, str(item.pk))

    again = checked(raw, boss)
    assert again.state == S.UNCHANGED
    with pytest.raises(WorkflowError):
        imports.apply(record=again, actor=boss)


S_DRAFTED = PublicationState.DRAFTED


def test_a_published_item_is_changed_in_a_draft_of_its_next_version(boss: Any) -> None:
    item = rich_item()
    item.part_sources = {"limit": {"title": "旧来源"}, "fee": {"title": "收费来源"}}
    item.save()
    do.review(record=item, actor=boss)
    item = do.publish(record=item, actor=boss)
    before = content_of(item)
    raw = Book(exported()).set("事项", 2, "法定时限", 10).set("材料", 2, "必要性", "可容缺").raw()
    record = checked(raw, boss)
    (entry,) = record.report["changed"]
    assert entry["door"] == "生成修订稿，已发布的版本不变"
    assert ["法定时限", "20", "10"] in entry["lines"]
    assert any(old == "必要" and new == "可容缺" for _, old, new in entry["lines"])
    applied(raw, boss)
    item.refresh_from_db()
    assert content_of(item) == before
    draft = item.next_draft
    assert (draft.statutory_days, draft.state, draft.version_number) == (10, S_DRAFTED, 2)
    assert draft.part_sources == {"fee": {"title": "收费来源"}}  # the limit has another source now
    assert checked(raw, boss).state == S.UNCHANGED
    assert Book(exported()).book["事项"].cell(2, 1).value == "修订稿（编制中）"

    # The same draft takes the next change; what the publisher sees is a version like any other.
    applied(Book(exported()).set("事项", 2, "法定时限", 8).raw(), boss)
    draft.refresh_from_db()
    assert (draft.statutory_days, draft.version) == (8, 1)
    do.review(record=draft, actor=boss)
    assert do.publish(record=draft, actor=boss).version_number == 2


def test_files_and_what_has_no_column_stay(boss: Any) -> None:
    item = rich_item()
    line = item.materials.first()
    line.sample_file = "catalogue/ab/sample.pdf"
    line.save()
    applied(Book(exported()).set("材料", 2, "原件份数", 3).raw(), boss)
    line = item.materials.get(material=line.material)
    assert (line.originals, line.sample_file.name) == (3, "catalogue/ab/sample.pdf")


def test_absent_sheets_and_columns_leave_things_as_they_are(boss: Any) -> None:
    rich_item()
    book = Book(exported())
    del book.book["常见问题"], book.book["材料"]
    book.book["事项"].delete_cols(book.column("事项", "受理条件"))
    book.book["流程"].delete_rows(2, 9)
    record = checked(book.raw(), boss)
    assert [where for where, _, _ in record.report["changed"][0]["lines"]] == [
        "办理流程：受理",
        "办理流程：审查",
    ]


def test_a_workbook_of_another_order_with_titles_above_is_read(boss: Any) -> None:
    rich_item()
    book = Book(exported())
    page = book.book["事项"]
    page.move_range(page.dimensions, rows=2)
    page["A1"] = "某某县政务服务事项实施清单"
    assert checked(book.raw(), boss).state == S.UNCHANGED


# --- Refusals -------------------------------------------------------------------------------------
def item_row(code: str, **more: Any) -> dict[str, Any]:
    return {"公开编号": code, "事项名称": code, "事项类型": "公共服务", "实施主体": "某局", **more}


BAD: dict[str, tuple[Callable[[Book], Any], str, str]] = {
    "duplicate": (lambda b: b.add("事项", **item_row("A-1")), "公开编号", "与第 2 行重复"),
    "department": (lambda b: b.set("事项", 2, "实施部门", "没有的局"), "实施部门", "没有“没有的局”"),
    "theme": (lambda b: b.set("事项", 2, "主题", "没有的主题"), "主题", "先在后台把它加入目录"),
    "type": (lambda b: b.set("事项", 2, "事项类型", "许可"), "事项类型", "不在可填的值之内：行政许可"),
    "name": (lambda b: b.set("事项", 2, "事项名称", None), "事项名称", "不能为空"),
    "long": (lambda b: b.set("事项", 2, "事项名称", "长" * 121), "事项名称", "超过 120 字"),
    "number": (lambda b: b.set("事项", 2, "法定时限", "二十"), "法定时限", "不是整数"),
    "large": (lambda b: b.set("事项", 2, "法定时限", 99999), "法定时限", "过大"),
    "code": (lambda b: b.set("事项", 2, "公开编号", "甲 1"), "公开编号", "大写字母"),
    "lost digits": (lambda b: b.set("事项", 2, "实施编码", 10**30), "实施编码", "设为“文本”"),
    "date": (lambda b: b.set("事项", 2, "来源日期", "2026-13-45"), "来源日期", "不是日期"),
    "url": (lambda b: b.set("事项", 2, "网上办理地址", "www.x.cn"), "网上办理地址", "https://"),
    "yes": (lambda b: b.set("事项", 2, "窗口办", "也许"), "窗口办", "应填“是”或“否”"),
    "element": (
        lambda b: b.set("事项", 2, "以窗口答复为准的要素", "天气"),
        "以窗口答复为准的要素",
        "没有“天气”",
    ),
    "orphan": (lambda b: b.add("材料", 公开编号="B-9", 材料名称="甲"), "公开编号", "没有 B-9 这个事项"),
    "catch-all": (lambda b: b.add("材料", 公开编号="A-1", 材料名称="其他材料"), "材料名称", "兜底条款"),
    "twice": (
        lambda b: [b.add("材料", 公开编号="A-1", 材料名称="身份证") for _ in "ab"],
        "材料名称",
        "是同一份材料",
    ),
    "no statute": (lambda b: b.add("依据", 公开编号="A-1", 条款="第一条"), "法律法规名称", "不能为空"),
    "formula": (lambda b: b.set("事项", 2, "事项名称", "=A1"), "", "选择性粘贴"),
    "merged": (lambda b: b.book["材料"].merge_cells("A2:A3"), "", "取消合并"),
    "no sheet": (lambda b: setattr(b.book["事项"], "title", "清单"), "", "没有名为“事项”的工作表"),
    "no heading": (lambda b: b.set("事项", 1, "事项名称", "叫法"), "", "没有找到列：事项名称"),
    "empty": (lambda b: b.book["事项"].delete_rows(2), "", "没有数据行"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_named_with_what_to_do(case: str, boss: Any) -> None:
    spoil, column, words = BAD[case]
    book = template().add("事项", **item_row("A-1"))
    spoil(book)
    record = checked(book.raw(), boss)
    assert record.state == S.REFUSED
    assert any(words in text and column == at for _, _, at, text in record.report["problems"]), record.report
    assert not ServiceItem.objects.exists()
    with pytest.raises(WorkflowError):
        imports.apply(record=record, actor=boss)


def test_twenty_faulty_rows_among_five_hundred_are_named_and_nothing_is_written(boss: Any) -> None:
    book = template()
    page = book.book["事项"]
    headings = [cell.value for cell in page[1]]
    for number in range(500):
        row = item_row(f"N-{number:03d}", 法定时限="错" if number % 25 == 0 else 5)
        page.append([row.get(heading) for heading in headings])
    record = checked(book.raw(), boss)
    assert record.state == S.REFUSED
    assert [row for _, row, _, _ in record.report["problems"]] == [2 + n for n in range(0, 500, 25)]
    assert {column for _, _, column, _ in record.report["problems"]} == {"法定时限"}
    assert not ServiceItem.objects.exists()


@pytest.mark.parametrize(("state", "words"), [("reviewed", "先“退回修改”"), ("retired", "先“重新编制”")])
def test_what_is_reviewed_or_retired_is_not_changed(state: str, words: str, boss: Any) -> None:
    CompleteItemFactory(state=state)
    record = checked(Book(exported()).set("事项", 2, "数量限制", "10 个").raw(), boss)
    assert record.state == S.REFUSED
    assert words in record.report["problems"][0][3]
    assert checked(exported(), boss).state == S.UNCHANGED  # unchanged rows are no reason to refuse


@pytest.mark.parametrize(
    ("raw", "name", "words"),
    [
        (b"MZ" + b"0" * 200, "清单.xlsx", "程序文件"),
        (b"", "清单.xlsx", "空文件"),
        (b"a,b", "清单.csv", "转换格式"),
        (b"\xd0\xcf\x11\xe0" + b"0" * 99, "清单.xls", "旧版"),
    ],
)
def test_what_is_no_workbook_is_not_kept(raw: bytes, name: str, words: str, boss: Any) -> None:
    with pytest.raises(ValidationError, match=words):
        imports.hand_in(file=upload(raw, name), actor=boss)
    assert not CatalogueImport.objects.exists()


# --- The second decision ----------------------------------------------------------------------------
def test_when_the_catalogue_moved_nothing_is_written_and_the_check_runs_again(boss: Any) -> None:
    item = CompleteItemFactory()
    raw = Book(exported()).set("事项", 2, "数量限制", "10 个").add("事项", **item_row("NEW-1")).raw()
    record = imports.apply(record=checked(raw, boss), actor=boss)
    ServiceItem.objects.filter(pk=item.pk).update(quota="5 个", version=item.version + 1)
    record = imports.carry_out(record=record, progress=progress)  # type: ignore[arg-type]  # a test's progress
    assert record.state == S.STALE
    assert not ServiceItem.objects.filter(code="NEW-1").exists()
    record = imports.recheck(record=record, actor=boss)
    record = imports.check_import(record=record, progress=progress)  # type: ignore[arg-type]  # a test's progress
    assert (record.state, record.report["changed"][0]["lines"]) == (S.READY, [["数量限制", "5 个", "10 个"]])
    record = imports.apply(record=record, actor=boss)
    record = imports.carry_out(record=record, progress=progress)  # type: ignore[arg-type]  # a test's progress
    assert record.state == S.APPLIED
    item.refresh_from_db()
    assert item.quota == "10 个"
    # A second delivery of the job does nothing.
    assert imports.carry_out(record=record, progress=progress).state == S.APPLIED  # type: ignore[arg-type]  # a test's progress
    assert ServiceItem.objects.filter(code="NEW-1").count() == 1


def test_a_failure_half_way_leaves_nothing(boss: Any, monkeypatch: Any) -> None:
    CompleteItemFactory()
    raw = Book(exported()).set("事项", 2, "数量限制", "10 个").add("事项", **item_row("NEW-1")).raw()
    record = imports.apply(record=checked(raw, boss), actor=boss)

    def fail(**kwargs: Any) -> None:
        raise RuntimeError("the worker died")

    monkeypatch.setattr("services.exchange.applying.log_many", fail)
    with pytest.raises(RuntimeError):
        imports.carry_out(record=record, progress=progress)  # type: ignore[arg-type]  # a test's progress
    assert not ServiceItem.objects.filter(code="NEW-1").exists()
    assert ServiceItem.objects.get().quota == ""
    record.refresh_from_db()
    assert record.state == S.APPLYING  # the job is delivered again


def test_who_may_import(person: Any) -> None:
    for role in ("reviewer", "approver", "window", "official"):
        with pytest.raises(NotPermitted):
            imports.hand_in(file=upload(exported()), actor=person(role))
        assert not CatalogueImport.objects.visible_to(person(role)).exists()


def test_an_outdated_page_confirms_nothing(boss: Any) -> None:
    CompleteItemFactory()
    record = checked(Book(exported()).set("事项", 2, "数量限制", "1 个").raw(), boss)
    with pytest.raises(EditConflict):
        imports.apply(record=record, actor=boss, version=record.version - 1)


def test_an_import_costs_the_same_for_few_and_many(boss: Any, django_assert_max_num_queries: Any) -> None:
    def statements(count: int, prefix: str) -> int:
        book = template()
        for number in range(count):
            code = f"{prefix}-{number}"
            book.add("事项", **item_row(code))
            book.add("材料", 公开编号=code, 材料名称=f"材料{number}")
            book.add("流程", 公开编号=code, 环节="受理")
        raw = book.raw()
        with django_assert_max_num_queries(90) as context:
            applied(raw, boss)
        return len(context)

    # SQLite takes some twenty rows of an item in one statement, PostgreSQL all of them.
    assert statements(40, "M") - statements(2, "F") <= 40 // 2


# --- The doors --------------------------------------------------------------------------------------
def test_the_admin_uploads_checks_and_confirms(
    client: Any, boss: Any, django_capture_on_commit_callbacks: Any
) -> None:
    CompleteItemFactory(name="待改事项")
    client.force_login(boss)
    raw = Book(exported()).set("事项", 2, "数量限制", "10 个").raw()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(reverse("admin:services_catalogueimport_add"), {"file": upload(raw)})
    assert response.status_code == 302
    record = CatalogueImport.objects.get()
    jobs.run(str(record.job_id))
    record.refresh_from_db()
    assert record.state == S.READY
    page = client.get(record.get_absolute_url()).content.decode()
    assert "新增 0，变更 1，不变 0，有误 0" in page
    assert "数量限制" in page
    confirm = reverse("admin:services_catalogueimport_do", args=[record.pk, "apply"])
    asked = client.get(confirm).content.decode()
    assert "要么全部写入" in asked
    assert ServiceItem.objects.get().quota == ""
    with django_capture_on_commit_callbacks(execute=True):
        client.post(confirm, {"version": record.version})
    record.refresh_from_db()
    jobs.run(str(record.job_id))
    record.refresh_from_db()
    assert record.state == S.APPLIED
    assert ServiceItem.objects.get().quota == "10 个"
    report = client.get(reverse("admin:services_catalogueimport_report", args=[record.pk]))
    rows = list(openpyxl.load_workbook(io.BytesIO(b"".join(report)))["核对结果"].values)
    assert rows[1][0] == "变更"
    assert client.get(reverse("admin:services_catalogueimport_changelist")).status_code == 200


def test_a_wrong_file_is_refused_on_the_form(client: Any, boss: Any) -> None:
    client.force_login(boss)
    response = client.post(
        reverse("admin:services_catalogueimport_add"), {"file": upload(b"MZ" + b"0" * 99, "清单.xlsx")}
    )
    assert response.status_code == 200
    assert "程序文件" in response.content.decode()


def test_others_do_not_find_imports(client: Any, boss: Any, person: Any) -> None:
    CompleteItemFactory()
    record = checked(exported(), boss)
    client.force_login(person("reviewer"))
    for name, args in (
        ("changelist", []),
        ("add", []),
        ("change", [record.pk]),
        ("report", [record.pk]),
        ("do", [record.pk, "apply"]),
    ):
        status = client.get(reverse(f"admin:services_catalogueimport_{name}", args=args)).status_code
        assert status in {302, 403, 404}


def test_the_admin_exports_what_is_filtered(
    client: Any, boss: Any, django_assert_max_num_queries: Any
) -> None:
    CompleteItemFactory.create_batch(12)
    PublishedItemFactory(code="PUB-1")
    client.force_login(boss)
    address = reverse("admin:services_serviceitem_export")

    def codes(query: str) -> list[Any]:
        response = client.get(address + query)
        assert response.status_code == 200
        book = openpyxl.load_workbook(io.BytesIO(b"".join(response)))
        assert book.sheetnames == ["事项", "材料", "依据", "流程", "常见问题", "填写说明"]
        return [row[1] for row in list(book["事项"].values)[1:]]

    with django_assert_max_num_queries(20):
        assert len(codes("")) == 13
    assert codes("?state__exact=published") == ["PUB-1"]
    assert codes("?template=1") == []
    assert len(codes("?nonsense=1")) == 13
    assert "导出" in client.get(reverse("admin:services_serviceitem_changelist")).content.decode()


def test_a_formula_that_was_stored_stays_text(boss: Any) -> None:
    CompleteItemFactory(quota="=1+1")
    cell = Book(exported())
    assert cell.book["事项"].cell(2, cell.column("事项", "数量限制")).data_type == "s"
    assert ItemMaterial.objects.count() == 2
