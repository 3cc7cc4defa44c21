from django.apps import AppConfig


class LabelsConfig(AppConfig):
    name = "medreview.labels"
