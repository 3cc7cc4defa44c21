from django.apps import AppConfig


class SuggestionsConfig(AppConfig):
    name = "medreview.suggestions"

    def ready(self) -> None:
        """Every process knows whose the job kind is: a web process cancels jobs too."""
        from medreview.core.job_owners import Owner, own
        from medreview.suggestions import services

        own("suggestions.predict", Owner(services.describe_runs, services.end_run, services.run_again))
