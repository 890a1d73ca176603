from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "tuoxian_portal.directory"
    label = "directory"
    verbose_name = "基础数据"
