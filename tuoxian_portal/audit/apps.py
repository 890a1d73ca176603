from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "tuoxian_portal.audit"
    label = "audit"
    verbose_name = "操作日志"
