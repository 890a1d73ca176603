"""The original with its headings, the files of a policy, and what replaced what."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from policies.choices import Publication
from policies.full_text import blocks, contents
from policies.lineage import chain_of
from policies.models import IncentivePolicy, PolicyAttachment
from tests.factories.policies import PolicyFactory
from tests.uploads import pdf, zipped

TEXT = """　　各有关单位：
一、支持对象
（一）工业企业
1. 在本县注册的企业
2.5 万吨以上的项目，另行商定。
二、支持标准
第三条 给予补贴，按设备投入的 5% 计算，最高 50 万元，具体由县财政局另行制定办法。
三、附则
本办法自发布之日起施行。"""


# --- The original -----------------------------------------------------------------------------------
def test_headings_are_found_and_nothing_is_changed():
    found = blocks(TEXT)
    assert [(b.level, b.text) for b in found if b.level] == [
        (1, "一、支持对象"),
        (2, "（一）工业企业"),
        (3, "1. 在本县注册的企业"),
        (1, "二、支持标准"),
        (1, "三、附则"),
    ]
    assert [b.text for b in contents(found)] == ["一、支持对象", "（一）工业企业", "二、支持标准", "三、附则"]
    assert "".join(b.text for b in found) == "".join(line.strip(" \u3000") for line in TEXT.splitlines())


@given(st.text(max_size=300))
def test_any_text_becomes_blocks_with_distinct_anchors(text):
    found = blocks(text)
    anchors = [b.anchor for b in found if b.level]
    assert len(anchors) == len(set(anchors))
    assert all(b.text for b in found)


@pytest.mark.django_db
def test_the_page_shows_the_original_with_its_contents(client):
    policy = PolicyFactory(published=True, full_text=TEXT + "\n<script>alert(1)</script>")
    page = client.get(policy.get_absolute_url()).content.decode()
    assert '<h3 id="part-1">一、支持对象</h3>' in page
    assert 'href="#part-1"' in page
    assert "<script>alert" not in page


# --- Files ------------------------------------------------------------------------------------------
@pytest.fixture
def officer(client, person):
    client.force_login(person("policy_officer", is_staff=True))
    return client


def form_of(client, policy):
    """What the admin's page of `policy` would send."""
    url = f"/admin/policies/incentivepolicy/{policy.pk}/change/"
    page = client.get(url)
    data = {}
    forms = [
        page.context["adminform"].form,
        *[f.formset.management_form for f in page.context["inline_admin_formsets"]],
    ]
    for form in forms:
        for field in form:
            value = field.value()
            if value not in (None, ""):
                data[field.html_name] = value
    for formset in page.context["inline_admin_formsets"]:
        for form in formset.formset.initial_forms:
            for field in form:
                if (value := field.value()) not in (None, ""):
                    data[field.html_name] = value
    return url, data


def attach(client, policy, content, name="附件.pdf", title="申报表"):
    url, data = form_of(client, policy)
    prefix = "attachments"
    data |= {
        f"{prefix}-TOTAL_FORMS": 1,
        f"{prefix}-0-order": 1,
        f"{prefix}-0-title": title,
        f"{prefix}-0-file": SimpleUploadedFile(name, content),
    }
    return client.post(url, data)


@pytest.mark.django_db
def test_a_file_is_attached_and_goes_with_the_policy(officer):
    policy = PolicyFactory(published=True)
    answer = attach(officer, policy, pdf())
    assert answer.status_code == 302, answer.context["errors"]
    file = PolicyAttachment.objects.get()
    assert (file.kind, file.name, len(file.sha256)) == ("pdf", "附件.pdf", 64)
    officer.logout()
    page = officer.get(policy.get_absolute_url()).content.decode()
    assert "申报表" in page
    assert "PDF" in page
    answer = officer.get(file.get_absolute_url())
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == pdf()
    assert answer["X-Content-Type-Options"] == "nosniff"

    IncentivePolicy.objects.update(state=Publication.WITHDRAWN)
    assert officer.get(file.get_absolute_url()).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"MZ\x90", "a.pdf", "程序文件"),
        (b"", "a.pdf", ""),
        (zipped({"word/vbaProject.bin": b"x"}), "a.docx", ""),
        (pdf(), "a.exe", ""),
    ],
)
def test_what_may_not_be_uploaded_is_refused_in_words(officer, content, name, says):
    policy = PolicyFactory(published=True)
    answer = attach(officer, policy, content, name)
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert not PolicyAttachment.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("digest", ["x", "0" * 16, "a" * 64, "%00"])
def test_a_file_that_is_not_there(client, digest):
    policy = PolicyFactory(published=True)
    assert client.get(f"{policy.get_absolute_url()}files/{digest}/").status_code == 404


# --- What replaced what -----------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_whole_chain_is_shown_to_the_public_without_drafts(client):
    newest = PolicyFactory(published=True, title="第三版")
    middle = PolicyFactory(published=True, title="第二版", replaced_by=newest)
    first = PolicyFactory(published=True, title="第一版", replaced_by=middle, repealed_on=date(2024, 1, 1))
    PolicyFactory(title="没有公开的一版", replaced_by=middle)
    for policy in (first, middle, newest):
        links = chain_of(policy)
        assert [link.policy.title for link in links] == ["第一版", "第二版", "第三版"]
        assert [link.policy.title for link in links if link.is_this] == [policy.title]
    page = client.get(first.get_absolute_url()).content.decode()
    assert "前后文件" in page
    assert "没有公开的一版" not in page


@pytest.mark.django_db
def test_a_policy_by_itself_has_no_chain(client):
    page = client.get(PolicyFactory(published=True).get_absolute_url()).content.decode()
    assert "前后文件" not in page


@pytest.mark.django_db
def test_a_circle_is_refused_and_one_in_the_data_breaks_nothing(client):
    one = PolicyFactory(published=True)
    two = PolicyFactory(published=True, replaced_by=one)
    one.replaced_by = two
    with pytest.raises(ValidationError) as error:
        one.clean()
    assert "成了一个圈" in error.value.message_dict["replaced_by"][0]
    IncentivePolicy.objects.filter(pk=one.pk).update(replaced_by=two)
    assert client.get(one.get_absolute_url()).status_code == 200
