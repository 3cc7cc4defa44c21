"""How the parts are put together: settings, URLs, the ASGI entry point and the Celery application."""
