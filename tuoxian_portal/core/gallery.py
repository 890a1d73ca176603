"""Example data for `/components/`: every component in all its states. Nothing here is about the county."""

from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.paginator import Paginator

from tuoxian_portal.core.listing import FacetOption, FacetView, Link
from tuoxian_portal.core.models import Job


class ExampleForm(forms.Form):
    """Every kind of field, for the gallery."""

    name = forms.CharField(label="姓名", help_text="与身份证一致。")
    phone = forms.CharField(label="手机号", required=False)
    kind = forms.ChoiceField(label="身份", choices=[("person", "个人"), ("company", "企业")])
    way = forms.ChoiceField(
        label="领取方式", choices=[("window", "窗口领取"), ("post", "邮寄")], widget=forms.RadioSelect
    )
    papers = forms.MultipleChoiceField(
        label="已备材料",
        choices=[("form", "申请表"), ("licence", "营业执照")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    text = forms.CharField(label="说明", widget=forms.Textarea, required=False)
    agree = forms.BooleanField(label="我已阅读并同意服务须知")


def _listing() -> SimpleNamespace:
    page = Paginator(range(240), 20).page(3)
    options = [
        FacetOption("a", "第一类", 120, True, "?"),
        FacetOption("b", "第二类", 80, False, "?kind=b"),
        FacetOption("c", "第三类", 40, False, "?kind=c"),
    ]
    return SimpleNamespace(
        page=page,
        total=240,
        text="关键词",
        has_search=True,
        placeholder="输入关键词",
        hidden=[],
        facets=[FacetView("kind", "类别", options), FacetView("stage", "阶段", options[1:])],
        chips=[Link("“关键词”", "?"), Link("类别：第一类", "?q=关键词")],
        sorts=[Link("最新", "?", True), Link("金额", "?sort=amount")],
        notices=["没有第“99”页，已显示第 3 页。"],
        clear_url="?",
        previous_url="?page=2",
        next_url="?page=4",
        pages=[
            Link("1", "?page=1"),
            Link("2", "?page=2"),
            Link("3", "?page=3", True),
            Link("", ""),
            Link("12", "?page=12"),
        ],
    )


def context() -> dict[str, Any]:
    invalid = ExampleForm({"name": "", "way": "", "phone": "138", "text": "写下的内容不会丢失。"})
    source = SimpleNamespace(
        source_title="示例来源标题",
        source_publisher="示例发布者",
        source_date="2023",
        confidence="derived",
        get_confidence_display="据来源推算",
    )
    return {
        "has_sample": True,
        "listing": _listing(),
        "tones": [
            ("中性", "neutral"),
            ("进行中", "info"),
            ("已完成", "good"),
            ("需关注", "warn"),
            ("逾期", "bad"),
            ("未更新", "muted"),
        ],
        "source": source,
        "crumbs": [("组件", "/components/"), ("当前页", "")],
        "facts": [
            ("总投资", "12.5\u00a0亿元", "2023 年"),
            ("到现场次数", "1\u00a0次", ""),
            ("联系电话", "", ""),
            ("承诺时限", "3\u00a0个工作日", "法定 20 个工作日"),
        ],
        "actions": [("清除条件", "?"), ("联系我们", "?")],
        "events": [
            {"title": "提交申请", "date": "2026-03-02 09:10", "who": "窗口受理", "text": "材料齐全。"},
            {"title": "部门审查", "date": "2026-03-03", "who": "示例部门", "text": "", "state": "current"},
            {"title": "办结", "date": "预计 2026-03-05", "who": "", "text": "", "state": "planned"},
        ],
        "steps": [
            {"title": "备案", "text": "在线填报项目信息。", "links": [("办事指南", "?"), ("材料清单", "?")]},
            {"title": "用地", "text": "确认用地性质与指标。", "links": [], "note": "以窗口答复为准。"},
        ],
        "tasks": [
            {"title": "申请表", "hint": "原件 1 份", "status": "已收", "tone": "good"},
            {"title": "营业执照", "hint": "可用电子证照，不必提交", "status": "免交", "tone": "info"},
            {"title": "授权委托书", "hint": "代办时需要", "status": "未收", "tone": "warn", "url": "?"},
        ],
        "answers": [("姓名", "张某", ("修改", "?")), ("手机号", "138****0000", ("修改", "?")), ("说明", "")],
        "next": ["一个工作日内有人打电话给您。", "带上身份证原件。", "有疑问拨打 12345。"],
        "line": {
            "width": 320,
            "height": 150,
            "line": "12,26 308,60",
            "dots": [{"x": 12, "y": 26}, {"x": 308, "y": 60}],
            "zero": 124,
            "left": 12,
            "right": 308,
            "ends": [
                {"x": 12, "y": 18, "anchor": "start", "text": "0.45 元/度"},
                {"x": 308, "y": 52, "anchor": "end", "text": "0.42 元/度"},
            ],
            "dates": [
                {"x": 12, "anchor": "start", "text": "2025-01-01"},
                {"x": 308, "anchor": "end", "text": "2026-10-01"},
            ],
            "base": 144,
        },
        "bars": [
            {"label": "第一产业链", "value": 97.5, "text": "97.5\u00a0亿元", "href": "?"},
            {"label": "第二产业链", "value": 60, "text": "60\u00a0亿元", "href": ""},
            {"label": "第三产业链", "value": 3, "text": "3\u00a0亿元", "href": ""},
        ],
        "headers": ["项目", "阶段", "总投资"],
        "rows": [
            ["示例项目（甲）", "在建", "12.5\u00a0亿元"],
            ["示例项目（乙）", "投产", "650\u00a0万元"],
            ["合计", None, 2],
        ],
        "desk": {
            "name": "示例服务专区",
            "phone": "12345",
            "opening_hours": "工作日 9:00 至 17:00",
            "answer_time": "一个工作日内答复",
            "address": "示例地址",
        },
        "desk_unknown": {"name": "尚未公布电话的部门"},
        "form": ExampleForm(),
        "invalid": invalid,
        "jobs": [
            Job(title="排队中的任务", state=Job.State.QUEUED),
            Job(title="正在生成月报", state=Job.State.RUNNING, progress_done=3, progress_total=8),
            Job(title="已完成的任务", state=Job.State.SUCCEEDED, result_url="?"),
            Job(title="失败的任务", state=Job.State.FAILED, message="找不到数据，请联系系统管理员。"),
        ],
        "icons": ICONS,
    }


ICONS = [
    "arrow",
    "bad",
    "bolt",
    "calculator",
    "calendar",
    "chart",
    "check",
    "check-circle",
    "chevron",
    "chevron-down",
    "clock",
    "close",
    "coins",
    "compass",
    "contrast",
    "document",
    "download",
    "external",
    "factory",
    "filter",
    "flask",
    "hall",
    "handshake",
    "home",
    "info",
    "layers",
    "leaf",
    "list",
    "login",
    "mail",
    "menu",
    "phone",
    "pill",
    "pin",
    "print",
    "recycle",
    "river",
    "search",
    "shield",
    "star",
    "text-size",
    "ticket",
    "train",
    "user",
    "users",
    "warn",
    "wind",
]
