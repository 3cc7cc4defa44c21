"""While the database does not answer, requests are told to come again; other faults stay faults."""

from __future__ import annotations

import json

import pytest
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from medreview.config.pages import server_error


def answer_to(error: Exception) -> HttpResponse:
    """What Django's handler of server errors answers while it handles `error`."""
    try:
        raise error
    except Exception:
        return server_error(RequestFactory().get("/api/v1/me"))


@pytest.mark.parametrize("error", [OperationalError("connection refused"), InterfaceError("connection already closed")])
def test_a_database_that_is_away_is_worth_another_try(error: Exception) -> None:
    answer = answer_to(error)
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    told = json.loads(answer.content)["error"]
    assert (told["code"], told["retryable"]) == ("unavailable", True)
    assert str(error) not in told["message"]


def test_other_faults_stay_server_errors() -> None:
    answer = answer_to(RuntimeError("a fault of ours"))
    assert answer.status_code == 500
    assert "Retry-After" not in answer
