"""Writing summaries with a model, by transformers or CTranslate2."""
