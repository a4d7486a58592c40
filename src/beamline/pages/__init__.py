"""Reports for a terminal and as Markdown."""
