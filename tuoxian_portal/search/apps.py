from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class SearchConfig(AppConfig):
    name = "tuoxian_portal.search"
    label = "search"
    verbose_name = "站内搜索"

    def ready(self) -> None:
        from tuoxian_portal.search import tasks  # noqa: F401  (registers its job handler)
        from tuoxian_portal.search.receivers import record_changed

        post_save.connect(record_changed, dispatch_uid="search.saved")
        post_delete.connect(record_changed, dispatch_uid="search.deleted")
