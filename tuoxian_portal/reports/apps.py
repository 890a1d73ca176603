from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "tuoxian_portal.reports"
    label = "reports"
    verbose_name = "定期报告"
