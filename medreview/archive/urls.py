from django.urls import path

from medreview.archive.views import doors, imports

urlpatterns = [
    path("projects/<int:project_id>/imports", imports.ImportList.as_view(), name="imports"),
    path("imports/<int:import_id>", imports.ImportDetail.as_view(), name="import"),
    path("imports/<int:import_id>/files", imports.ImportFiles.as_view(), name="import-files"),
    path("imports/<int:import_id>/finish", imports.ImportFinish.as_view(), name="import-finish"),
    path("projects/<int:project_id>/quarantine", doors.QuarantineList.as_view(), name="quarantine"),
    path("quarantine/<int:quarantined_id>/release", doors.QuarantineRelease.as_view(), name="quarantine-release"),
    path("quarantine/<int:quarantined_id>/discard", doors.QuarantineDiscard.as_view(), name="quarantine-discard"),
    path("projects/<int:project_id>/ae-routes", doors.AeRouteList.as_view(), name="ae-routes"),
    path("ae-routes/<int:route_id>", doors.AeRouteDetail.as_view(), name="ae-route"),
    path("inbox", doors.Inbox.as_view(), name="inbox"),
    path("inbox/assign", doors.InboxAssign.as_view(), name="inbox-assign"),
    path("inbox/delete", doors.InboxDelete.as_view(), name="inbox-delete"),
]
