"""Who may do what: users, projects, memberships with roles, API tokens."""
