"""Pinyin for typeahead: `营业执照` is found by `yingyezhizhao` and by `yyzz`."""


def search_text(*parts: str) -> str:
    """The lower-case text that search looks in: the parts, then their full pinyin and initials."""
    from pypinyin import Style, lazy_pinyin  # 58 MB of dictionaries; only who writes an item needs them

    words = [part.lower() for part in parts if part]
    sounds = []
    for word in words:
        sounds.append("".join(lazy_pinyin(word, errors="ignore")))
        sounds.append("".join(lazy_pinyin(word, style=Style.FIRST_LETTER, errors="ignore")))
    return " ".join(part for part in (*words, *sounds) if part)
