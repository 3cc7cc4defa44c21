"""Addresses below `/dicomweb/`."""

from django.urls import path

from medreview.archive import dicomweb

_STUDY = "<slug:slug>/studies/<str:study_uid>"
_SERIES = f"{_STUDY}/series/<str:series_uid>"
_INSTANCE = f"{_SERIES}/instances/<str:instance_uid>"

urlpatterns = [
    path("<slug:slug>/studies", dicomweb.StudyList.as_view()),
    path(f"{_STUDY}/series", dicomweb.SeriesList.as_view()),
    path(f"{_SERIES}/instances", dicomweb.InstanceList.as_view()),
    path(f"{_SERIES}/metadata", dicomweb.SeriesMetadata.as_view()),
    path(f"{_SERIES}/thumbnail", dicomweb.Thumbnail.as_view(), name="thumbnail"),
    path(_INSTANCE, dicomweb.InstanceFile.as_view()),
    path(f"{_INSTANCE}/metadata", dicomweb.InstanceMetadata.as_view()),
    path(f"{_INSTANCE}/frames/<str:frames>", dicomweb.Frames.as_view(), name="frames"),
]
