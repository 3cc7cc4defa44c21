"""Which models exist: immutable versions with weights by sha256, their state and their card."""
