"""The ledger as a workbook: 500 rows with 20 faults, all or nothing, twice the same, out as on the screen."""

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from projects import ledger_sheet, tasks
from projects.actions import ledger_import as do
from projects.choices import ProjectType, Stage, Status
from projects.models import KeyProject
from tests import uploads
from tests.factories.accounts import UserFactory
from tests.factories.directory import DepartmentFactory, IndustryFactory, ParkFactory
from tests.factories.projects import KeyProjectFactory
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core import jobs
from tuoxian_portal.core.errors import NotPermitted, PortalError
from tuoxian_portal.core.export import write_xlsx
from tuoxian_portal.core.models import Job

pytestmark = pytest.mark.django_db
KIND = do.LEDGER_IMPORT.kind
assert tasks.LEDGER_IMPORT  # importing it registers the handler of the job
NAMES = [column.name for column in ledger_sheet.COLUMNS]


@pytest.fixture(autouse=True)
def _private(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path, "base_url": None},
        },
    }


@pytest.fixture
def officer():
    return UserFactory(roles=["project_officer"])


@pytest.fixture
def county():
    return {"industry": IndustryFactory(), "department": DepartmentFactory(), "park": ParkFactory()}


def row(county, n, **fields):
    values = {
        "name": f"导入项目{n}",
        "enterprise_name": f"导入企业{n}",
        "industry": county["industry"].name,
        "department": county["department"].name,
        "park": county["park"].name,
        "project_type": "新建",
        "stage": "储备",
        "total_investment_wan": 1_000 + n,
        "planned_start": "2026年12月1日",
    }
    return {**values, **fields}


def workbook(rows, names=NAMES):
    buffer = io.BytesIO()
    headings = [ledger_sheet.HEADINGS[name] for name in names]
    write_xlsx(buffer, title="台账", headers=headings, rows=([r.get(n) for n in names] for r in rows))
    return SimpleUploadedFile("台账.xlsx", buffer.getvalue())


def run(rows, actor, write=False):
    file = rows if isinstance(rows, SimpleUploadedFile) else workbook(rows)
    job = Job.objects.create(kind=KIND, payload={"name": file.name}, requested_by=actor)
    return do.import_ledger(file, job, write, lambda *_: None)


FAULTS = [
    ({"name": ""}, "项目名称：不能为空"),
    ({"name": "长" * 161}, "项目名称：超过 160 字"),
    ({"industry": "星际采矿"}, "产业：没有“星际采矿”"),
    ({"department": "没有的局"}, "责任单位：没有“没有的局”"),
    ({"park": "没有的园"}, "园区：没有“没有的园”"),
    ({"project_type": "翻建"}, "项目类型：“翻建”不在可填的值之内：新建、续建、前期"),
    ({"stage": "快了"}, "阶段：“快了”不在可填的值之内"),
    ({"total_investment_wan": "一个亿"}, "总投资（万元）：“一个亿”不是数字"),
    ({"total_investment_wan": -5}, "总投资（万元）：应为 0 或正数"),
    ({"annual_plan_wan": "abc"}, "年度计划投资（万元）：“abc”不是数字"),
    ({"annual_plan_year": "今年"}, "计划年度：“今年”不是整数"),
    ({"land_mu": "1.234"}, "用地（亩）：确认小数不超过 2 位"),
    ({"planned_start": "年底"}, "计划开工：“年底”不是日期"),
    (
        {"planned_start": "2026-12-01", "planned_production": "2026-01-01"},
        "计划投产：计划投产不能早于计划开工",
    ),
    ({"project_code": "123"}, "投资项目代码"),
    ({"number": "TX0000-000"}, "项目编号：没有编号为“TX0000-000”的项目"),
    ({"stage": "签约"}, "签约日期：“签约”阶段须填写签约日期"),
    ({"industry": "", "name": "缺产业"}, "产业：“储备”阶段须填写产业"),
    ({"name": "导入项目0", "enterprise_name": "导入企业0"}, "与第 2 行是同一个项目"),
    ({"nature": "怪"}, "记录性质：“怪”不在可填的值之内"),
]


def test_500_rows_with_20_faults_are_all_named_and_nothing_is_written(officer, county):
    rows = [row(county, n) for n in range(500)]
    places = {}
    for n, (fields, words) in enumerate(FAULTS):
        at = 20 + n * 24
        rows[at] = row(county, at, **fields)
        places[at + 2] = words  # the heading is row 1
    for write in (False, True):
        report = run(rows, officer, write=write)
        assert (report.refused, report.total) == (20, 500)
        found = dict(report.refusals)
        assert set(found) == set(places)
        wrong = {number: found[number] for number, words in places.items() if words not in found[number]}
        assert not wrong
        assert not KeyProject.objects.exists()


def test_500_good_rows_are_added_once(officer, county):
    rows = [row(county, n) for n in range(500)]
    checked = run(rows, officer)
    assert (checked.added, checked.refused, KeyProject.objects.count()) == (500, 0, 0)
    assert run(rows, officer, write=True).added == 500
    project = KeyProject.objects.get(name="导入项目7")
    assert (project.industry, project.department, project.park) == (
        county["industry"],
        county["department"],
        county["park"],
    )
    assert (project.total_investment_wan, project.planned_start) == (1007, date(2026, 12, 1))
    assert (project.stage, project.project_type) == (Stage.RESERVE, ProjectType.NEW)
    assert project.number.startswith("TX")
    assert history_of(project).get().actor == officer
    again = run(rows, officer, write=True)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 500)
    assert KeyProject.objects.count() == 500


@pytest.mark.parametrize("count", [2, 200])
def test_a_check_costs_the_same_for_few_and_many(officer, county, count, django_assert_max_num_queries):
    rows = [row(county, n) for n in range(count)]
    run(rows[:2], officer, write=True)
    with django_assert_max_num_queries(14):
        run(rows, officer)


def test_filled_cells_change_and_empty_ones_leave(officer, county):
    run([row(county, 1, location="园区东")], officer, write=True)
    report = run([row(county, 1, total_investment_wan="12,345.5", planned_start="")], officer, write=True)
    assert report.changed == 1
    project = KeyProject.objects.get()
    assert (project.total_investment_wan, project.location) == (Decimal("12345.5"), "园区东")
    assert project.planned_start == date(2026, 12, 1)
    entry = history_of(project).first()
    assert set(entry.changes) == {"total_investment_wan"}


def test_a_row_is_found_by_number_then_code_then_name(officer, county):
    project = KeyProjectFactory(
        stage=Stage.FILED, enterprise_name="旧企业", project_code="2401-150122-04-01-111111"
    )
    by_number = run([row(county, 1, number=project.number, stage="备案")], officer, write=True)
    assert by_number.changed == 1
    code = {"project_code": project.project_code, "name": "改名", "stage": "备案"}
    assert run([row(county, 2, **code)], officer, write=True).changed == 1
    project.refresh_from_db()
    assert project.name == "改名"
    assert KeyProject.objects.count() == 1
    for _ in range(2):
        KeyProjectFactory(name="同名", enterprise_name="同企业")
    report = run([row(county, 3, name="同名", enterprise_name="同企业")], officer)
    assert "请填写项目编号" in report.refusals[0][1]


def test_a_stage_never_moves_by_an_import(officer, county):
    project = KeyProjectFactory(stage=Stage.SIGNED)
    report = run([row(county, 1, number=project.number, stage="在建")], officer, write=True)
    assert report.refusals == [[2, "阶段：现为“签约”，导入不改阶段。请改回，再到项目页推进或退回。"]]
    ended = KeyProjectFactory(status=Status.TERMINATED)
    report = run([row(county, 2, number=ended.number)], officer)
    assert "已终止" in report.refusals[0][1]


def test_what_another_department_owns_is_not_changed(county):
    from django.contrib.auth.models import Permission

    project = KeyProjectFactory()
    clerk = UserFactory(roles=["reviewer"], department=county["department"])
    clerk.user_permissions.add(
        *Permission.objects.filter(codename__in=["import_keyproject", "change_keyproject"])
    )
    report = run([row(county, 1, number=project.number)], clerk)
    assert "权限范围" in report.refusals[0][1]


def test_a_change_between_check_and_writing_undoes_everything(officer, county, monkeypatch):
    real = do.save_project

    def refuse_third(**arguments):
        if arguments["project"].name == "导入项目2":
            raise ValidationError({"name": ["刚被改动"]})
        return real(**arguments)

    monkeypatch.setattr(do, "save_project", refuse_third)
    report = run([row(county, n) for n in range(5)], officer, write=True)
    assert (report.added, report.refusals) == (0, [[4, "项目名称：刚被改动"]])
    assert not KeyProject.objects.exists()


# --- Out again -----------------------------------------------------------------------------------
def read(response):
    content = b"".join(response.streaming_content)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    lines = list(sheet.iter_rows(values_only=True))
    return content, [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def test_the_export_is_what_the_screen_shows_and_imports_unchanged(client, officer):
    client.force_login(officer)
    projects = [KeyProjectFactory(stage=stage, name=f"{stage.label}项目") for stage in Stage]
    KeyProjectFactory(stage="", status="", total_investment_wan=None)
    query = "?stage__exact=building&o=1"
    listed = client.get(reverse("admin:projects_keyproject_changelist") + query)
    content, lines = read(client.get(reverse("admin:projects_keyproject_export") + query))
    assert [line["项目编号"] for line in lines] == [p.number for p in listed.context["cl"].result_list]
    building = projects[Stage.BUILDING.rank]
    assert lines[0]["阶段"] == "在建"
    assert lines[0]["总投资（万元）"] == building.total_investment_wan
    assert lines[0]["实际开工"] == building.actual_start.isoformat()
    assert lines[0]["红黄绿"] == "灰 未更新"
    content, lines = read(client.get(reverse("admin:projects_keyproject_export")))
    assert len(lines) == len(projects) + 1
    report = run(SimpleUploadedFile("a.xlsx", content), officer, write=True)
    assert (report.unchanged, report.refusals) == (len(projects) + 1, [])


@pytest.mark.parametrize("count", [2, 20])
def test_the_export_costs_the_same(client, officer, count, django_assert_max_num_queries):
    client.force_login(officer)
    for _ in range(count):
        KeyProjectFactory(stage=Stage.BUILDING)
    url = reverse("admin:projects_keyproject_export")
    read(client.get(url))
    with django_assert_max_num_queries(16):
        read(client.get(url))


# --- The pages -----------------------------------------------------------------------------------
def upload(client, file):
    return client.post(reverse("admin:projects_keyproject_import"), {"file": file})


def test_upload_look_confirm(client, officer, county):
    client.force_login(officer)
    assert client.get(reverse("admin:projects_keyproject_import")).status_code == 200
    sent = upload(client, workbook([row(county, 1), row(county, 2)]))
    assert sent.status_code == 302
    check = Job.objects.get(kind=KIND)
    assert "自动刷新" in client.get(sent.url).content.decode()
    jobs.run(str(check.pk))
    page = client.get(sent.url).content.decode()
    assert "确认导入：新增 2 行，变更 0 行" in page
    assert not KeyProject.objects.exists()
    confirmed = client.post(sent.url)
    jobs.run(str(Job.objects.exclude(pk=check.pk).get(kind=KIND).pk))
    assert "已导入" in client.get(confirmed.url).content.decode()
    assert KeyProject.objects.count() == 2


def test_faults_stand_on_the_page_and_cannot_be_confirmed(client, officer, county):
    client.force_login(officer)
    sent = upload(client, workbook([row(county, 1, industry="星际采矿")]))
    check = Job.objects.get(kind=KIND)
    jobs.run(str(check.pk))
    page = client.get(sent.url).content.decode()
    assert "有 1 行有误，整份没有写入" in page
    assert "产业：没有“星际采矿”" in page
    assert "确认导入" not in page
    check.refresh_from_db()
    with pytest.raises(PortalError, match="没有导入"):
        do.LEDGER_IMPORT.confirm(check=check, actor=officer)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (None, "请选择项目台账工作簿"),
        (SimpleUploadedFile("台账.pdf", uploads.pdf()), "只能上传 XLSX"),
        (SimpleUploadedFile("台账.xlsx", uploads.xlsx()), "打不开"),
    ],
)
def test_what_is_no_ledger_is_refused_at_once(client, officer, file, words):
    client.force_login(officer)
    response = upload(client, file) if file else client.post(reverse("admin:projects_keyproject_import"))
    assert response.status_code == 400
    assert words in response.content.decode()


def test_missing_headings_are_named(client, officer, county):
    client.force_login(officer)
    response = upload(client, workbook([row(county, 1)], names=["name", "industry"]))
    for heading in ("企业名称", "园区", "责任单位", "阶段"):
        assert heading in response.content.decode()


@pytest.mark.parametrize("role", ["supervisor", "official", "reviewer", "window"])
def test_who_may_not_import(client, role, county):
    user = UserFactory(roles=[role])
    client.force_login(user)
    for page in ("import", "template"):
        assert client.get(reverse(f"admin:projects_keyproject_{page}")).status_code == 403
    with pytest.raises(NotPermitted):
        do.LEDGER_IMPORT.request(file=workbook([row(county, 1)]), actor=user)


def test_the_template_can_be_filled_in(client, officer):
    client.force_login(officer)
    _content, lines = read(client.get(reverse("admin:projects_keyproject_template")))
    assert lines == []
    page = client.get(reverse("admin:projects_keyproject_changelist")).content.decode()
    assert reverse("admin:projects_keyproject_export") in page
    assert reverse("admin:projects_keyproject_import") in page
