"""Two systems or more on one test set."""
