from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "medreview.accounts"

    def ready(self) -> None:
        import_module("medreview.accounts.schema")  # registers itself
