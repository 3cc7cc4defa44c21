"""Middleware that belongs to no app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware

from medreview.core import disk

_READS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@sync_and_async_middleware
def keep_saving(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Before a request that may write: when the disk is full, give the reserve up so that the write finds room."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> Any:
            if request.method not in _READS:
                disk.release_reserve_if_full()
            following: Awaitable[Any] = get_response(request)
            return await following

        return answer_async

    def answer(request: HttpRequest) -> Any:
        if request.method not in _READS:
            disk.release_reserve_if_full()
        return get_response(request)

    return answer
