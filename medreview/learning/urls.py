from django.urls import path

from medreview.learning import views

urlpatterns = [
    path("projects/<int:project_id>/learning", views.LearningView.as_view()),
    path("projects/<int:project_id>/retrain", views.RetrainView.as_view()),
    path("training-runs/<int:run_id>", views.TrainingRunView.as_view()),
    path("training-runs/<int:run_id>/cancel", views.CancelTrainingRunView.as_view()),
    path("models/<int:model_id>", views.ModelView.as_view()),
    path("models/<int:model_id>/promote", views.PromoteView.as_view()),
    path("models/<int:model_id>/decline", views.DeclineView.as_view()),
    path("models/<int:model_id>/pictures/<int:case_id>/<slug:label_key>/<slug:which>", views.PictureView.as_view()),
    path("models/<int:model_id>/rollback", views.RollbackView.as_view()),
]
