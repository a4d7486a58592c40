"""A trained model at work: summaries of new dialogues, and the model as others load it."""
