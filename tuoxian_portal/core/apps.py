from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "tuoxian_portal.core"
    label = "core"
    verbose_name = "基础"
