from django.urls import path

from medreview.accounts import views

urlpatterns = [
    path("me/tokens", views.TokensView.as_view()),
    path("me/tokens/<int:token_id>", views.TokenView.as_view()),
    path("me/second-factor", views.EnrolmentView.as_view()),
    path("projects/<int:project_id>/members", views.MembersView.as_view()),
    path("projects/<int:project_id>/events", views.project_events),
    path("projects/<int:project_id>/jobs", views.JobsView.as_view()),
    path("projects/<int:project_id>/status", views.StatusView.as_view()),
    path("jobs/<int:job_id>/cancel", views.JobCancelView.as_view()),
    path("jobs/<int:job_id>/retry", views.JobRetryView.as_view()),
]
