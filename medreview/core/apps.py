from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "medreview.core"
