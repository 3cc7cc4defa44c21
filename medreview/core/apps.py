from django.apps import AppConfig

from medreview.core import logs


class CoreConfig(AppConfig):
    name = "medreview.core"

    def ready(self) -> None:
        logs.capture_warnings()
