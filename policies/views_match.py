"""`/policies/match/`: a few questions, and what an enterprise would get. GET only, nothing is kept."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from policies.fact_labels import labels
from policies.forms_match import MatchForm
from policies.guides import one_set, papers_of, terms_of
from policies.matching import ClauseMatch, Result, asked_facts, is_matchable, match
from policies.models import IncentivePolicy, PolicyClause
from policies.papers import match_paper
from policies.querysets import paper_lookups
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.http import public_page

HOTLINE = {"name": "托克托县政务服务便民热线", "phone": "12345"}


def _form_and_clauses(request: HttpRequest) -> tuple[MatchForm, list[PolicyClause]]:
    day = today()
    clauses = [c for c in PolicyClause.objects.matchable().for_matching() if is_matchable(c, day)]
    return MatchForm(asked_facts(clauses), labels(), request.GET), clauses


def _result(form: MatchForm, clauses: list[PolicyClause]) -> Result:
    """With the papers of what is shown; three queries."""
    result = match(clauses, form.facts(), today(), form.labels)
    prefetch_related_objects([found.clause for found in (*result.yes, *result.maybe)], *paper_lookups())
    return result


def _cards(matches: list[ClauseMatch]) -> list[dict[str, Any]]:
    """Each match with its terms and the papers it takes; no query."""
    return [
        {"found": found, "terms": terms_of(found.clause), "papers": papers_of(found.clause)}
        for found in matches
    ]


def address_of(form: MatchForm, name: str = "policies:match") -> str:
    """The page with exactly these answers."""
    return f"{reverse(name)}?{urlencode(form.address())}"


@public_page
def match_page(request: HttpRequest) -> HttpResponse:
    """The questions, and beneath them, once answered, the three groups. Seven queries."""
    form, clauses = _form_and_clauses(request)
    result = _result(form, clauses) if form.is_bound and form.is_valid() else None
    context: dict[str, Any] = {
        "form": form,
        "result": result,
        "clause_count": len(clauses),
        "day": today(),
        "has_sample": any(clause.policy.is_sample for clause in clauses),
        "desk": HOTLINE,
        "crumbs": [("惠企政策", reverse("policies:list")), ("政策匹配", "")],
        "empty_actions": [("看全部政策", reverse("policies:list"))],
    }
    if result is not None:
        context |= {
            "answers": form.answers(),
            "yes": _cards(result.yes),
            "maybe": _cards(result.maybe),
            "one_set": one_set(result.yes),
            "link": address_of(form),
            "pdf": address_of(form, "policies:match-paper"),
            "unclear": _without_rules(),
        }
    return render(request, "policies/match.html", context)


def _without_rules() -> int:
    """How many public county policies have no clause at all yet: the page says that they are not in it."""
    policies = IncentivePolicy.objects.published().filter(clauses=None, repealed_on=None, is_sample=False)
    return policies.count()


@public_page
def match_paper_view(request: HttpRequest) -> HttpResponse:
    """The same result as a PDF."""
    form, clauses = _form_and_clauses(request)
    if not form.is_bound or not form.is_valid():
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        return HttpResponseRedirect(reverse("policies:match") + query)
    absolute = request.build_absolute_uri
    data = match_paper(_result(form, clauses), form.answers(), today(), address_of(form), absolute)
    return HttpResponse(data, content_type="application/pdf")
