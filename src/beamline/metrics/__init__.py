"""Scores of summaries, their intervals and their significance."""
