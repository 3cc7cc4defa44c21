"""Reading the loop: what a snapshot would hold, runs, and the numbers of the manager's page."""
