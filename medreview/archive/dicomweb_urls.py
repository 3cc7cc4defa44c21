"""Addresses below `/dicomweb/`."""

from django.urls import path

from medreview.archive.dicomweb.files import InstanceFile, SeriesFiles, StudyFiles
from medreview.archive.dicomweb.rendered import (
    InstanceThumbnail,
    RenderedInstance,
    RenderedSeries,
    SeriesThumbnail,
    StudyThumbnail,
)
from medreview.archive.dicomweb.retrieve import (
    BulkData,
    Frames,
    InstanceMetadata,
    SeriesMetadata,
    StudyMetadata,
)
from medreview.archive.dicomweb.search import SearchInstances, SearchSeries, SearchStudies
from medreview.archive.dicomweb.store import StoreInstances


class Studies(StoreInstances, SearchStudies):
    """Search and store share an address."""


class OneStudy(StoreInstances, StudyFiles):
    """Retrieve and store share an address."""


_STUDY = "<slug:slug>/studies/<str:study_uid>"
_SERIES = f"{_STUDY}/series/<str:series_uid>"
_INSTANCE = f"{_SERIES}/instances/<str:instance_uid>"

urlpatterns = [
    path("<slug:slug>/studies", Studies.as_view()),
    path("<slug:slug>/series", SearchSeries.as_view()),
    path("<slug:slug>/instances", SearchInstances.as_view()),
    path(_STUDY, OneStudy.as_view()),
    path(f"{_STUDY}/metadata", StudyMetadata.as_view()),
    path(f"{_STUDY}/series", SearchSeries.as_view()),
    path(f"{_STUDY}/instances", SearchInstances.as_view()),
    path(f"{_STUDY}/thumbnail", StudyThumbnail.as_view()),
    path(_SERIES, SeriesFiles.as_view()),
    path(f"{_SERIES}/metadata", SeriesMetadata.as_view()),
    path(f"{_SERIES}/instances", SearchInstances.as_view()),
    path(f"{_SERIES}/rendered", RenderedSeries.as_view()),
    path(f"{_SERIES}/thumbnail", SeriesThumbnail.as_view(), name="thumbnail"),
    path(_INSTANCE, InstanceFile.as_view()),
    path(f"{_INSTANCE}/metadata", InstanceMetadata.as_view()),
    path(f"{_INSTANCE}/rendered", RenderedInstance.as_view()),
    path(f"{_INSTANCE}/thumbnail", InstanceThumbnail.as_view()),
    path(f"{_INSTANCE}/bulkdata/<str:tag>", BulkData.as_view()),
    path(f"{_INSTANCE}/frames/<str:frames>", Frames.as_view(), name="frames"),
    path(f"{_INSTANCE}/frames/<str:frames>/rendered", RenderedInstance.as_view()),
    path(f"{_INSTANCE}/frames/<str:frames>/thumbnail", InstanceThumbnail.as_view()),
]
