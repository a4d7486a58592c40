"""Reports for a terminal, as Markdown, and as a page of HTML."""
