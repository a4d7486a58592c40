"""What the checks of the diagnosis look at, and what becomes of their findings."""
