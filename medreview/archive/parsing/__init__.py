"""What runs in the disposable child: parsing, checking, decoding and converting bytes that nobody has vouched for.

Nothing here imports Django. The parent talks to it through `pool`; the child answers with plain JSON and files in a
directory the parent chose, and is judged by that answer and its exit status (DESIGN §5.3).
"""
