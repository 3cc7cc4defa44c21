"""How decisions become a better model: snapshots, training runs, the gate, the order of the queue."""
