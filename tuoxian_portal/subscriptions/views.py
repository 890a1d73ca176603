"""Pages of subscriptions and feeds. They work without JavaScript; the links in messages open them."""

import hashlib
import uuid

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from tuoxian_portal.core.errors import WorkflowError
from tuoxian_portal.core.http import public_page
from tuoxian_portal.core.lists import MAX_QUERY, Followed, canonical, describe, public_lists
from tuoxian_portal.subscriptions import actions, links
from tuoxian_portal.subscriptions.choices import Frequency, SubscriptionState
from tuoxian_portal.subscriptions.feeds import atom
from tuoxian_portal.subscriptions.forms import SubscribeForm
from tuoxian_portal.subscriptions.mail import list_address
from tuoxian_portal.subscriptions.models import Subscription
from tuoxian_portal.subscriptions.throttling import SubscribeThrottle

GONE = "链接不完整或已经失效。请从最近一封邮件里重新打开；也可以到列表页重新订阅。"
ATOM = "application/atom+xml; charset=utf-8"


def _list_or_404(kind: str) -> Followed:
    if kind not in public_lists:
        raise Http404("没有这个列表。")
    return public_lists[kind]


@require_safe
def feed(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Any public list as Atom, under the same conditions as its page; with validators, from the cache."""
    public_list = _list_or_404(kind)
    query = request.GET.urlencode()[:MAX_QUERY]
    key = "feed." + hashlib.sha256(f"{kind}?{query}".encode()).hexdigest()
    seconds = settings.PUBLIC_PAGE_SECONDS
    kept = cache.get(key) if seconds else None
    if kept is None:
        content, changed = atom(public_list, query, request.path)
        kept = content, int(changed.timestamp()), f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        if seconds:
            cache.set(key, kept, seconds)
    content, stamp, etag = kept
    response = HttpResponse(content, content_type=ATOM)
    response.headers["ETag"], response.headers["Last-Modified"] = etag, http_date(stamp)
    response.headers["Cache-Control"] = f"public, max-age={seconds}" if seconds else "no-cache"
    return get_conditional_response(request, etag=etag, last_modified=stamp, response=response) or response


@public_page
def index(request: HttpRequest) -> HttpResponse:
    """Every list that can be followed. One count for each."""
    lists = [
        {
            "list": public_list,
            "total": listing.total,
            "subscribe_url": f"{reverse('subscriptions:subscribe')}?list={public_list.kind}",
            "feed_url": reverse("subscriptions:feed", args=[public_list.kind]),
        }
        for public_list in public_lists
        if not public_list.refusal(listing := public_list.ask(""))
    ]
    context = {"lists": lists, "is_set_up": settings.EMAIL_IS_SET_UP, "breadcrumbs": [("订阅", "")]}
    return render(request, "subscriptions/index.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """The form. Whoever the address belongs to, the answer is the same: look into your mailbox."""
    if request.method != "POST":
        public_list = _list_or_404(request.GET.get("list", ""))
        given = request.GET.copy()
        given.pop("list", None)
        query = canonical(public_list.ask(given.urlencode()))
        initial = {"stamp": SubscribeForm.new_stamp(), "list": public_list.kind, "query": query}
        return _form(request, SubscribeForm(initial=initial), public_list, query)
    form = SubscribeForm(request.POST)
    kind, query = request.POST.get("list", ""), request.POST.get("query", "")[:MAX_QUERY]
    public_list = _list_or_404(kind)
    status = 400
    refused = public_list.refusal(public_list.ask(query))
    if form.is_valid() and settings.EMAIL_IS_SET_UP and not refused:
        if SubscribeThrottle().allow_request(request, None):  # type: ignore[arg-type]  # counts by address, asks no view
            data = form.cleaned_data
            actions.subscribe(
                public_list=public_list, query=data["query"], email=data["email"], frequency=data["frequency"]
            )
            return HttpResponseRedirect(f"{reverse('subscriptions:asked')}?list={public_list.kind}")
        form.add_error(None, "提交过于频繁，请一小时后再试。您填写的内容已保留。")
        status = 429
    form.renew()
    return _form(request, form, public_list, query, status=status)


def _form(
    request: HttpRequest, form: SubscribeForm, public_list: Followed, query: str, status: int = 200
) -> HttpResponse:
    listing = public_list.ask(query)
    context = {
        "form": form,
        "title": describe(public_list, listing),
        "total": public_list.total(listing),
        "refusal": public_list.refusal(listing),
        "list_url": public_list.url,
        "is_set_up": settings.EMAIL_IS_SET_UP,
        "hours": settings.SUBSCRIPTION_CONFIRM_HOURS,
        "query": canonical(listing),
        "kind": public_list.kind,
        "breadcrumbs": [(public_list.label, public_list.url), ("邮件订阅", "")],
    }
    return render(request, "subscriptions/subscribe.html", context, status=status)


@never_cache
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """After the form. Says the same to everybody."""
    public_list = _list_or_404(request.GET.get("list", ""))
    context = {
        "next": [
            "打开邮箱，找到标题为“请确认订阅”的邮件。没有的话，看看垃圾邮件箱。",
            f"点邮件里的链接，再点“确认订阅”。链接 {settings.SUBSCRIPTION_CONFIRM_HOURS} 小时内有效。",
            "确认以前不会给您发任何提醒。",
            f"同一个邮箱一天最多发 {settings.SUBSCRIPTION_MAILS_A_DAY} 封确认邮件。一直没收到的，明天再订阅一次。",
        ],
        "back_url": public_list.url,
        "breadcrumbs": [(public_list.label, public_list.url), ("邮件订阅", "")],
    }
    return render(request, "subscriptions/asked.html", context)


def _opened(public_id: uuid.UUID, token: str, purpose: str) -> Subscription:
    subscription = links.find(public_id, token, purpose)
    if subscription is None:
        raise Http404(GONE)
    return subscription


def _outcome(
    request: HttpRequest, subscription: Subscription, title: str, texts: list[str], status: int = 200
) -> HttpResponse:
    context = {
        "title": title,
        "texts": texts,
        "subscription": subscription,
        "list_url": list_address(subscription).removeprefix(settings.SITE_URL) or "/",
        "manage_url": links.path(subscription, links.MANAGE)
        if subscription.state == SubscriptionState.ACTIVE
        else "",
        "breadcrumbs": [("邮件订阅", "")],
    }
    return render(request, "subscriptions/outcome.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, public_id: uuid.UUID, token: str) -> HttpResponse:
    """The link in the first message. A button confirms: programs that look into mails open links, too."""
    subscription = _opened(public_id, token, links.CONFIRM)
    if request.method == "POST":
        try:
            subscription = actions.confirm(subscription=subscription)
        except WorkflowError as error:
            return _outcome(request, subscription, "没有确认", [error.message], status=409)
    if subscription.state == SubscriptionState.ACTIVE:
        texts = [f"“{subscription.title}”有更新时，会发到 {subscription.masked_email}。"]
        return _outcome(request, subscription, "订阅已生效", texts)
    if subscription.state == SubscriptionState.ENDED:
        return _outcome(
            request, subscription, "没有确认", ["这个订阅已经退订。需要的话，请到列表页重新订阅。"]
        )
    context = {"subscription": subscription, "breadcrumbs": [("邮件订阅", "")]}
    return render(request, "subscriptions/confirm.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def manage(request: HttpRequest, public_id: uuid.UUID, token: str) -> HttpResponse:
    """Everything that one address follows. Who holds the link reads its mail."""
    opened = _opened(public_id, token, links.MANAGE)
    if opened.state != SubscriptionState.ACTIVE:
        return _outcome(request, opened, "这个订阅不在生效中", ["需要的话，请到列表页重新订阅。"])
    mine = Subscription.objects.filter(email_hash=opened.email_hash, state=SubscriptionState.ACTIVE)
    notice = ""
    if request.method == "POST":
        chosen = _uuid(request.POST.get("subscription", ""))
        subscription = mine.filter(public_id=chosen).first() if chosen else None
        frequency = request.POST.get("frequency", "")
        if subscription is None:
            notice = "没有找到要改的订阅，请在下面重新选择。"
        elif "end" in request.POST:
            actions.unsubscribe(subscription=subscription)
            if subscription.pk == opened.pk:
                return _outcome(
                    request,
                    Subscription.objects.get(pk=opened.pk),
                    "已退订",
                    ["您的邮箱地址已从这个订阅中删除。"],
                )
            notice = f"已退订“{subscription.title}”。"
        elif frequency in Frequency.values:
            actions.change_frequency(subscription=subscription, frequency=frequency)
            notice = f"已保存“{subscription.title}”的频率。"
        else:
            notice = "请选择每天或每周。"
    context = {
        "email": opened.masked_email,
        "subscriptions": list(mine.order_by("created_at")),
        "frequencies": Frequency.choices,
        "notice": notice,
        "breadcrumbs": [("邮件订阅", "")],
    }
    return render(request, "subscriptions/manage.html", context)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@csrf_exempt  # the link is the proof; mail programs post without cookies (RFC 8058)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, public_id: uuid.UUID, token: str) -> HttpResponse:
    """One click: the mail program posts here, people press the one button of the page."""
    subscription = _opened(public_id, token, links.UNSUBSCRIBE)
    if request.method == "POST":
        subscription = actions.unsubscribe(subscription=subscription)
    if subscription.state == SubscriptionState.ENDED:
        texts = [f"不会再给您发“{subscription.title}”的提醒，您的邮箱地址已经删除。"]
        return _outcome(request, subscription, "已退订", texts)
    context = {"titles": [subscription.title], "breadcrumbs": [("邮件订阅", "")]}
    return render(request, "subscriptions/unsubscribe.html", context)


@csrf_exempt  # as above
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_mail(request: HttpRequest, message_id: uuid.UUID, token: str) -> HttpResponse:
    """The one click of a mail program, or the last line of a mail: ends everything that the mail told of."""
    message = links.find_mail(message_id, token)
    if message is None:
        raise Http404(GONE)
    if request.method == "POST":
        actions.unsubscribe_all(message=message)
    told = Subscription.objects.filter(delivered__message=message).distinct().order_by("pk")
    open_ones = [one for one in told if one.state == SubscriptionState.ACTIVE]
    if not open_ones:
        texts = ["不会再给您发这封邮件里的提醒，您的邮箱地址已经从这些订阅中删除。"]
        return _outcome(request, message.subscription, "已退订", texts)
    context = {"titles": [one.title for one in open_ones], "breadcrumbs": [("邮件订阅", "")]}
    return render(request, "subscriptions/unsubscribe.html", context)
