"""What may be said: immutable versions of a project's label set, each label a coded concept with a colour."""
