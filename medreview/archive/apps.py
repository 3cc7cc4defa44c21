from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "medreview.archive"

    def ready(self) -> None:
        """Every process knows the job kind and whose it is: a web process cancels jobs too."""
        from medreview.archive import tasks  # noqa: F401
        from medreview.archive.services import imports
        from medreview.core.job_owners import Owner, own

        own(imports.INGEST, Owner(imports.describe_imports, imports.ingest_ended, imports.ingest_again))
