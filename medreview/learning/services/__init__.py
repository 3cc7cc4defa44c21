"""Writing the loop: snapshots, training runs, promotion, predictions, policy."""
