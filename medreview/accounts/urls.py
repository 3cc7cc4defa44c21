from django.urls import path

from medreview.accounts import views

urlpatterns = [
    path("me/tokens", views.TokensView.as_view()),
    path("me/tokens/<int:token_id>", views.TokenView.as_view()),
    path("me/second-factor", views.EnrolmentView.as_view()),
    path("projects/<int:project_id>/members", views.MembersView.as_view()),
    path("projects/<int:project_id>/events", views.project_events),
]
