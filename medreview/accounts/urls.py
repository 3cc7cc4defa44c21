from django.urls import path

from medreview.accounts import views

urlpatterns = [
    path("projects/<int:project_id>/members", views.MembersView.as_view()),
    path("projects/<int:project_id>/events", views.project_events),
]
