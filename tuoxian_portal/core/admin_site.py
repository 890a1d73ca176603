"""What every admin of the portal shares: rows scoped, states read-only, buttons that call actions."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from tuoxian_portal.core.errors import PortalError


class PortalAdmin(ModelAdmin):
    """Scopes rows by `visible_to` (what it leaves out is 404), never counts a whole table twice,
    and refuses to delete in bulk round an action."""

    list_per_page = 50
    show_full_result_count = False
    warn_unsaved_form = True
    compressed_fields = True

    @property
    def list_select_related(self) -> Any:
        """The relations among the columns. Django's own `True` leaves out those that may be empty,
        which costs a query a row. A subclass may name its own."""
        relations = {f.name for f in self.model._meta.fields if f.remote_field}
        return [name for name in self.list_display if name in relations]

    def get_queryset(self, request: HttpRequest) -> Any:
        queryset = super().get_queryset(request)
        scope = getattr(queryset, "visible_to", None)
        return scope(request.user) if scope else queryset

    def run_action(self, request: HttpRequest, function: Any, success: str, **kwargs: Any) -> bool:
        """Calls an action and turns what it raises into a message; True when it went through."""
        try:
            function(actor=request.user, **kwargs)
        except PortalError as error:
            messages.error(request, error.message)
            return False
        except ValidationError as error:
            messages.error(request, "；".join(error.messages))
            return False
        messages.success(request, success)
        return True

    @staticmethod
    def back_to(request: HttpRequest, url: str) -> HttpResponse:
        return HttpResponseRedirect(url)
