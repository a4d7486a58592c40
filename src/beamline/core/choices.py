"""The names that a setting may have, for params.yaml and for the command alike. Nothing heavy is imported here."""

from typing import Literal

WordTokenizerName = Literal["english", "words", "characters", "korean"]
TokenizerName = Literal["auto", WordTokenizerName]
Sentences = Literal["punctuation", "newlines", "both"]
Punctuation = Literal["drop", "keep"]
References = Literal["mean", "best"]
Overflow = Literal["end", "start", "middle"]
