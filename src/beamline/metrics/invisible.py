"""Characters that nobody sees: direction marks, soft hyphens, joiners, and what they may change in a word.

The characters are those with Unicode's property Default_Ignorable_Code_Point. A joiner changes a word in the contexts
of Unicode Standard Annex #31, section 2.3: ZWNJ between two letters that would join (Persian, rule A1), and ZWNJ or ZWJ
after a virama (Indic scripts, rules A2 and B).
"""

import regex

_IGNORABLE = regex.compile(r"\p{Default_Ignorable_Code_Point}")
_BESIDE_LETTER = regex.compile(
    r"[\p{L}\p{N}]\p{M}*\p{Default_Ignorable_Code_Point}|\p{Default_Ignorable_Code_Point}[\p{L}\p{N}]"
)
_NO_JOINER = regex.compile(r"(?V1)[\p{Default_Ignorable_Code_Point}--\p{Join_Control}]")
_REPEATED = regex.compile(r"(\p{Join_Control})\p{Join_Control}+")
_JOINED_BEFORE = r"(?<=[\p{Joining_Type=L}\p{Joining_Type=D}]\p{Joining_Type=T}*)"
_JOINED_AFTER = r"(?=\p{Joining_Type=T}*[\p{Joining_Type=R}\p{Joining_Type=D}])"
_VIRAMA_BEFORE = r"(?<=\p{L}\p{M}*\p{Indic_Syllabic_Category=Virama})"
_WITHOUT_EFFECT = regex.compile(
    rf"(?!{_JOINED_BEFORE}\u200C{_JOINED_AFTER}|{_VIRAMA_BEFORE}\p{{Join_Control}}(?=\p{{L}}))\p{{Join_Control}}"
)


def drop_invisible(text: str) -> str:
    """Return `text` without ignorable characters, except joiners that change the word they are in."""
    if not _IGNORABLE.search(text):
        return text
    visible: str = _WITHOUT_EFFECT.sub("", _REPEATED.sub(r"\1", _NO_JOINER.sub("", text)))
    return visible


def is_invisibly_marked(word: str) -> bool:
    """Return whether `word` has an ignorable character beside a letter or digit: those of an emoji cut no word."""
    return _BESIDE_LETTER.search(word) is not None
