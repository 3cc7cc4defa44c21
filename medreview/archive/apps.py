from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "medreview.archive"

    def ready(self) -> None:
        """Every process knows the job kind: a web process cancels jobs too."""
        from medreview.archive import tasks  # noqa: F401
