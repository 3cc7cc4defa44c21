from django.urls import path

from medreview.archive import views

urlpatterns = [
    path("projects/<int:project_id>/imports", views.ImportList.as_view(), name="imports"),
    path("imports/<int:import_id>", views.ImportDetail.as_view(), name="import"),
    path("imports/<int:import_id>/files", views.ImportFiles.as_view(), name="import-files"),
    path("imports/<int:import_id>/finish", views.ImportFinish.as_view(), name="import-finish"),
]
