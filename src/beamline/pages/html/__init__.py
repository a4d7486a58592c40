"""One self-contained HTML file about a run, or about several systems: figures above, dialogues to read below."""
