"""Whether two names mean the same enterprise."""

import re
import unicodedata

# The legal form says nothing about who it is; the longest first.
FORMS = re.compile(r"(股份有限公司|有限责任公司|集团有限公司|有限公司|股份公司|集团公司|责任公司|集团|公司)$")
NOT_A_LETTER = re.compile(r"[\W_]+")


def enterprise_key(name: str) -> str:
    """`内蒙古某某（集团）有限公司` and `内蒙古某某集团有限责任公司` → `内蒙古某某`.

    Full-width forms, case, spaces, punctuation and the legal form are forgiven; region and trade name
    are not. Empty for a name that consists of nothing else.
    """
    key = NOT_A_LETTER.sub("", unicodedata.normalize("NFKC", name)).casefold()
    while (shorter := FORMS.sub("", key)) != key:
        key = shorter
    return key
