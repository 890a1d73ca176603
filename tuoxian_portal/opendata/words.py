"""What every dataset says about itself, and where its parts are."""

from django.urls import reverse

from tuoxian_portal.core.datasets import Dataset
from tuoxian_portal.core.lists import public_lists

# No source names a licence, so none is named here.
TERMS = "可自由查阅、下载；引用请注明来源和日期。"
ROWS_ARE_SOURCED = "每行注明来源标题、发布者和日期；空着的由县里工作人员录入。"


def detail_url(dataset: Dataset) -> str:
    return reverse("opendata:detail", args=[dataset.key])


def file_url(dataset: Dataset, kind: str) -> str:
    """The address of the file; `kind` is csv or xlsx."""
    return reverse("opendata:file", args=[dataset.key, kind])


def api_url(dataset: Dataset) -> str:
    """The public API's list of the same records; "" when there is none."""
    return reverse(dataset.api) if dataset.api else ""


def feed_url(dataset: Dataset) -> str:
    """The Atom feed that tells of changes; "" when there is none."""
    return reverse("subscriptions:feed", args=[dataset.feed]) if dataset.feed in public_lists else ""
