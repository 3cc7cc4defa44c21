"""Addresses under /api/v1/."""

from django.urls import path

from medreview.reading.views import activity, exports, readings, reviews, worklists

urlpatterns = [
    path("projects/<int:project_id>/worklist", worklists.WorklistView.as_view()),
    path("projects/<int:project_id>/worklist/next", worklists.NextView.as_view()),
    path("cases/<int:case_id>/claim", worklists.ClaimView.as_view()),
    path("readings/<int:reading_id>/skip", worklists.SkipView.as_view()),
    path("readings/<int:reading_id>/release", worklists.ReleaseView.as_view()),
    path("readings/<int:reading_id>", readings.ReadingView.as_view()),
    path("readings/<int:reading_id>/operations", readings.OperationsView.as_view()),
    path("readings/<int:reading_id>/submit", readings.SubmitView.as_view()),
    path("readings/<int:reading_id>/comments", readings.CommentsView.as_view()),
    path("comments/<int:comment_id>", readings.CommentView.as_view()),
    path("projects/<int:project_id>/reviews", reviews.ReviewsView.as_view()),
    path("readings/<int:reading_id>/review", reviews.ReviewView.as_view()),
    path("readings/<int:reading_id>/decision", reviews.DecisionView.as_view()),
    path("projects/<int:project_id>/exports", exports.ExportsView.as_view()),
    path("projects/<int:project_id>/activity", activity.ActivityView.as_view()),
    path("exports/<int:export_id>", exports.ExportView.as_view()),
    path("exports/<int:export_id>/download", exports.ExportFileView.as_view()),
]
