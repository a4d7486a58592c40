"""The diagnosis: evidence of a run, checks that look at it, and the verdict on what they find."""
