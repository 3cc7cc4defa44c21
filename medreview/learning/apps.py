from django.apps import AppConfig


class LearningConfig(AppConfig):
    name = "medreview.learning"

    def ready(self) -> None:
        """Tell `suggestions`, which lies below, what readers hold and what follows a finished prediction run."""
        from medreview.core.job_owners import Owner, own
        from medreview.learning.services import predictions, training
        from medreview.suggestions import services as suggestions

        suggestions.provide_hold(predictions.hold_of)
        suggestions.provide_pool(predictions.unread_case_ids)
        suggestions.on_predicted(predictions.order_queue)
        own("learning.train", Owner(training.describe_runs, training.end_run, training.run_again))
