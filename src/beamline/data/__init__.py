"""Files of dialogues and of predictions: readers, columns, splits."""
