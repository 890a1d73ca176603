from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    name = "tuoxian_portal.feedback"
    label = "feedback"
    verbose_name = "意见建议"
