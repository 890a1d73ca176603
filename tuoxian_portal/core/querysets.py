"""What every queryset of the portal answers."""

from functools import reduce
from operator import or_
from typing import Any, Self

from django.db import models


class PortalQuerySet(models.QuerySet):
    """A queryset that knows who may see its rows.

    `visible_to(user)` is the one place where rows are scoped: the admin, the API and the pages all
    go through it, and what it leaves out does not exist for that person (404). Subclasses narrow it.
    """

    model: Any  # the stubs know only its base, without `objects`

    def visible_to(self, user: Any) -> Self:
        """The rows that `user` may see. The default suits public master data: everything."""
        return self

    def with_every_word(self, text: str, *lookups: str) -> Self:
        """The rows in which each word of `text` is found by at least one of `lookups`."""
        rows = self
        for word in text.split():
            rows = rows.filter(reduce(or_, (models.Q(**{lookup: word}) for lookup in lookups)))
        return rows

    def samples(self) -> Self:
        """The rows that `seed_demo` made."""
        return self.filter(is_sample=True)
