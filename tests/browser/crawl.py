"""Which pages there are: found by the URLconf and by following links, so that new pages join by themselves."""

import urllib.error
import urllib.request
from collections import deque
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.urls import NoReverseMatch, Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse

# Staff's and machines' addresses, and those that answer no page.
NOT_PUBLIC = ("/admin/", "/api/", "/healthz/", "/static/", "/media/", "/logout/", "/dashboard/", "/jobs/")


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "a" and (href := dict(attributes).get("href")):
            self.found.append(href)


def view_name(path: str) -> str | None:
    try:
        return resolve(path).view_name
    except Resolver404:
        return None


def without_arguments(resolver: URLResolver | None = None, namespace: str = "") -> list[str]:
    """The address of every named view that takes no argument."""
    found = []
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            found += without_arguments(pattern, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            try:
                found.append(reverse(namespace + pattern.name))
            except NoReverseMatch:
                continue
    return found


def public_pages(address: str) -> dict[str, str]:
    """`{view name: path}`: for each public view the first address that answers a page with 200."""
    queue = deque(["/", *without_arguments()])
    seen: set[str] = set()
    pages: dict[str, str] = {}
    while queue:
        path = queue.popleft()
        name = view_name(path)
        if path in seen or name is None or name in pages or path.startswith(NOT_PUBLIC):
            continue
        seen.add(path)
        html = fetch(address + path)
        if html is None:
            continue
        pages[name] = path
        links = Links()
        links.feed(html)
        for href in links.found:
            target = urlsplit(urljoin(address + path, href))
            if f"{target.scheme}://{target.netloc}" == address:
                queue.append(target.path)
    return pages


def fetch(url: str) -> str | None:
    """The page at `url`, or None for what is no page, refuses, or leads elsewhere."""
    try:
        with urllib.request.urlopen(url, timeout=30) as response:  # noqa: S310  (our own server)
            if response.url != url or not response.headers["Content-Type"].startswith("text/html"):
                return None
            return response.read().decode()
    except urllib.error.HTTPError as error:
        if error.code >= 500:
            raise
        return None
