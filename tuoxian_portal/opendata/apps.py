from django.apps import AppConfig


class OpenDataConfig(AppConfig):
    name = "tuoxian_portal.opendata"
    label = "opendata"
    verbose_name = "数据开放"
