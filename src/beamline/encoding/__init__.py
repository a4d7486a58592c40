"""From text to token ids and back, and the prepared data on disk."""
