from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "tuoxian_portal.search"
    label = "search"
    verbose_name = "站内搜索"
