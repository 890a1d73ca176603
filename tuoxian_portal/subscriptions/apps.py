from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "tuoxian_portal.subscriptions"
    label = "subscriptions"
    verbose_name = "订阅提醒"

    def ready(self) -> None:
        from tuoxian_portal.subscriptions import tasks  # noqa: F401  (registers its job handlers)
