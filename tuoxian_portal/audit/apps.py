from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "tuoxian_portal.audit"
    label = "audit"
    verbose_name = "操作日志"

    def ready(self) -> None:
        from tuoxian_portal.audit.actions import log_by_hand
        from tuoxian_portal.core.admin_record import hand_listeners

        hand_listeners.append(log_by_hand)
