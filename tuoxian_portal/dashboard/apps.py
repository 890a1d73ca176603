from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "tuoxian_portal.dashboard"
    label = "dashboard"
    verbose_name = "驾驶舱"
