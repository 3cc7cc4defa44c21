"""Machinery without domain nouns: errors, state transitions, jobs, blobs, audit, live events, API helpers."""
