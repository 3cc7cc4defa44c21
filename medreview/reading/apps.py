from django.apps import AppConfig


class ReadingConfig(AppConfig):
    name = "medreview.reading"

    def ready(self) -> None:
        """Give the project's overview its counts, and let new cases reach the queue without cases knowing of it."""
        from medreview.accounts.selectors import provide_count
        from medreview.cases.selectors import provide_columns
        from medreview.reading.selectors.case_columns import case_columns
        from medreview.reading.selectors.reviews import count_reviews
        from medreview.reading.selectors.worklist import count_waiting

        provide_count("worklist", count_waiting)
        provide_count("review", count_reviews)
        provide_columns(case_columns)
        _queue_new_cases()
        _hold_grids_in_use()
        _own_exports()


def _own_exports() -> None:
    from medreview.core.job_owners import Owner, own
    from medreview.reading.services import exporting

    own("reading.export", Owner(exporting.describe_exports, exporting.export_ended, exporting.export_again))


def _hold_grids_in_use() -> None:
    """A series that goes on arriving may make its stack longer only while nobody has begun to read it."""
    from medreview.archive import hooks
    from medreview.reading.selectors.grids import grids_in_use

    hooks.GRIDS_IN_USE.append(grids_in_use)


def _queue_new_cases() -> None:
    from medreview.cases import services as cases
    from medreview.reading.services.queue import queue_cases

    cases.ON_CASES_MADE.append(queue_cases)
