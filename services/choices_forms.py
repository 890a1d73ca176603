"""Words of the form fields (表单项目)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class FieldKind(models.TextChoices):
    """What is written into a field, and so how it is checked (`form_filling.clean_answers`)."""

    TEXT = "text", _("单行文字")
    MULTILINE = "multiline", _("多行文字")
    NUMBER = "number", _("数字")
    DATE = "date", _("日期")
    CHOICE = "choice", _("单选")
    YES_NO = "yesno", _("是否")
    CREDIT_CODE = "credit_code", _("统一社会信用代码")
    ID_NUMBER = "id_number", _("居民身份证号码")
    EITHER_NUMBER = "either_number", _("统一社会信用代码或者身份证号码")
    PROJECT_CODE = "project_code", _("投资项目代码")
    PHONE = "phone", _("电话")
    ADDRESS = "address", _("地址")


class FieldGroup(models.TextChoices):
    """The parts of a form, in the order in which every form shows them."""

    APPLICANT = "applicant", _("申请人基本信息")
    PRINCIPAL = "principal", _("法定代表人或者负责人")
    CONTACT = "contact", _("联系人和经办人")
    PEOPLE = "people", _("出资人和从业人员")
    PREMISES = "premises", _("经营场所")
    BUSINESS = "business", _("经营范围和经营内容")
    PROJECT = "project", _("项目基本信息")
    LAND = "land", _("用地")
    BUILDING = "building", _("建设和建筑")
    ENVIRONMENT = "environment", _("资源、能源和环境")
    PARTIES = "parties", _("参建单位")
    PROPERTY = "property", _("不动产")
    SUPPLY = "supply", _("水电气热接入")
    FAMILY = "family", _("家庭成员和户籍")
    MATTER = "matter", _("申请事项")


class DayRule(models.TextChoices):
    """Which days a date field takes."""

    ANY = "", _("不限")
    PAST = "past", _("今天或者以前")
    FUTURE = "future", _("今天或者以后")


class ApplicantFact(models.TextChoices):
    """What the portal already knows of an applicant, so that a form need not ask again."""

    NAME = "name", _("申请人名称或者姓名")
    NUMBER = "number", _("申请人证件号码")
    PHONE = "phone", _("联系电话")
    AGENT_NAME = "agent_name", _("代理人姓名")
    AGENT_PHONE = "agent_phone", _("代理人电话")
