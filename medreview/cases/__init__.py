"""The unit a reader gets, and the side of the split its patient is on for ever."""
