"""The draft journal as pure code: what an operation may say, and what a list of operations means. No ORM, no web.

`validate` checks the shape of a payload, `reduce` applies one operation, `history` folds a journal with its undo and
redo into a draft. The front end has the same reducer (`frontend/src/domain`); both answer to `tests/contract/journal`.
"""
