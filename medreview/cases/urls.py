from django.urls import path

from medreview.cases import views

urlpatterns = [path("projects/<int:project_id>/cases", views.CaseList.as_view(), name="cases")]
