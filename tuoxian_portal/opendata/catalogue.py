"""The datasets for programs that harvest catalogues: DCAT 3 as JSON-LD (https://www.w3.org/TR/vocab-dcat-3/)."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from tuoxian_portal.core.datasets import Dataset, datasets
from tuoxian_portal.core.export import XLSX
from tuoxian_portal.opendata.models import DatasetState
from tuoxian_portal.opendata.words import ROWS_ARE_SOURCED, TERMS, api_url, detail_url, feed_url, file_url

CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
CSV, JSON, ATOM = "text/csv", "application/json", "application/atom+xml"
FILES = (("csv", "CSV", CSV), ("xlsx", "XLSX", XLSX))


def _text(text: str) -> dict[str, str]:
    return {"@value": text, "@language": "zh-Hans"}


def _link(address: str) -> dict[str, str]:
    return {"@id": address}


def _absolute(path: str) -> str:
    return settings.SITE_URL + path


def _rights() -> dict[str, Any]:
    return {"@type": "dcterms:RightsStatement", "rdfs:label": _text(TERMS)}


def _publisher() -> dict[str, Any]:
    name = settings.SITE["organiser"] or settings.SITE["full_name"]
    return {"@type": "foaf:Agent", "foaf:name": _text(name), "foaf:homepage": _link(_absolute("/"))}


def _distribution(title: str, path: str, media_type: str, *, is_file: bool) -> dict[str, Any]:
    address = _absolute(path)
    found: dict[str, Any] = {
        "@type": "dcat:Distribution",
        "dcterms:title": _text(title),
        "dcat:accessURL": _link(address),
        "dcat:mediaType": _link(MEDIA_TYPES + media_type),
        "dcterms:rights": _rights(),
    }
    return {**found, "dcat:downloadURL": _link(address)} if is_file else found


def _dataset(dataset: Dataset, state: DatasetState) -> dict[str, Any]:
    distributions = [
        _distribution(f"{dataset.title}（{label}）", file_url(dataset, kind), media_type, is_file=True)
        for kind, label, media_type in FILES
    ]
    if path := api_url(dataset):
        distributions.append(_distribution(f"{dataset.title}（接口）", path, JSON, is_file=False))
    if path := feed_url(dataset):
        distributions.append(_distribution(f"{dataset.title}（更新订阅）", path, ATOM, is_file=False))
    modified = timezone.localtime(state.changed_at).replace(microsecond=0).isoformat()
    return {
        "@id": _absolute(detail_url(dataset)),
        "@type": "dcat:Dataset",
        "dcterms:identifier": dataset.key,
        "dcterms:title": _text(dataset.title),
        "dcterms:description": _text(f"{dataset.summary}范围：{dataset.scope}"),
        "dcterms:language": "zh-Hans",
        "dcterms:modified": {"@value": modified, "@type": "xsd:dateTime"},
        "dcterms:publisher": _publisher(),
        "dcterms:rights": _rights(),
        "dcterms:provenance": {"@type": "dcterms:ProvenanceStatement", "rdfs:label": _text(ROWS_ARE_SOURCED)},
        "dcat:keyword": [_text(dataset.theme), _text(dataset.title)],
        "dcat:landingPage": _link(_absolute(detail_url(dataset))),
        "dcat:distribution": distributions,
    }


def catalogue(states: Mapping[str, DatasetState]) -> dict[str, Any]:
    """The whole catalogue; `states` by the key of the dataset. No queries."""
    here = _absolute(reverse("opendata:index"))
    return {
        "@context": CONTEXT,
        "@id": here,
        "@type": "dcat:Catalog",
        "dcterms:title": _text(f"{settings.SITE['name']}数据开放"),
        "dcterms:description": _text(f"{settings.SITE['full_name']}公开数据的目录。"),
        "dcterms:language": "zh-Hans",
        "dcterms:publisher": _publisher(),
        "dcterms:rights": _rights(),
        "foaf:homepage": _link(here),
        "dcat:dataset": [_dataset(dataset, states[dataset.key]) for dataset in datasets],
    }
