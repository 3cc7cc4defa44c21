"""The operator's side: fsck looks after the data, backup and restore carry them, erase forgets a patient."""
