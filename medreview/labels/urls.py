from django.urls import path

from medreview.labels import views

urlpatterns = [
    path("me", views.MeView.as_view()),
    path("projects", views.ProjectsView.as_view()),
    path("projects/<int:project_id>", views.ProjectView.as_view()),
    path("projects/<int:project_id>/label-set", views.LabelSetView.as_view()),
]
