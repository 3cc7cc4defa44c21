from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "medreview.cases"

    def ready(self) -> None:
        """Imports make cases without the archive knowing of them."""
        from medreview.archive import hooks
        from medreview.cases.selectors import cases_of_series
        from medreview.cases.services import cases_of_import

        hooks.ON_SERIES_STORED.append(cases_of_import)
        hooks.CASES_OF_SERIES.append(cases_of_series)
