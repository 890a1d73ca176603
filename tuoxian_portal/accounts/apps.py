from django.apps import AppConfig, apps


class AccountsConfig(AppConfig):
    name = "tuoxian_portal.accounts"
    label = "accounts"
    verbose_name = "用户与角色"

    def ready(self) -> None:
        apps.get_app_config("axes").verbose_name = "登录安全"
