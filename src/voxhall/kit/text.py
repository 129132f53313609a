"""What people may write where others read it: names, titles, descriptions.

Refused is what cannot be seen but changes what is seen: control characters, zero-width characters, marks that turn
the direction of a line (one in a name rewrites the sentence around it), unassigned and private characters, towers
of accents. All scripts are welcome; the joiners that emoji, Persian and Indic writing need are let through where
they need them.
"""

import unicodedata

from voxhall.errors import InvalidError

ZWNJ, ZWJ, EMOJI_VARIATION = "\u200c", "\u200d", "\ufe0f"
VIRAMA = 9
# Vietnamese needs two marks on a letter, Hebrew and Burmese up to four; "Zalgo" needs dozens.
MAX_MARKS = 4
# Letters and symbols that draw nothing: with one of them a name looks empty or like another's.
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# Languages written without blanks between words, by the code of their primary tag.
WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def clean_text(text: str, *, field: str, max_chars: int, min_chars: int = 1, lines: bool = False) -> str:
    """The text in NFC without outer blanks, or InvalidError for `field`; `lines` lets line breaks through."""
    # Normalising costs by length, so what is absurdly long is refused before.
    if len(text) > 4 * max_chars:
        raise InvalidError.of(field, f"At most {max_chars} characters.")
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if len(text) > max_chars:
        raise InvalidError.of(field, f"At most {max_chars} characters.")
    marks = 0
    for at, char in enumerate(text):
        category = unicodedata.category(char)
        if lines and char == "\n":
            continue
        if char in INVISIBLE or (category in HIDDEN and not _joins(text, at)):
            raise InvalidError.of(field, "There is an invisible or control character in it.")
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks > MAX_MARKS:
            raise InvalidError.of(field, "There are too many accents on one letter.")
    if len(text) < min_chars:
        raise InvalidError.of(
            field, "This must not be empty." if min_chars == 1 else f"At least {min_chars} characters."
        )
    if text and not any(unicodedata.category(char)[0] in "LNPS" for char in text):
        raise InvalidError.of(field, "There is nothing to see in it.")
    return text


def _joins(text: str, at: int) -> bool:
    """Whether this joiner stands where a script needs it: between two emoji, or inside a Persian or Indic word."""
    if not 0 < at < len(text) - 1:
        return False
    before, after = text[at - 1], text[at + 1]
    if text[at] == ZWJ and before == EMOJI_VARIATION and at > 1:
        before = text[at - 2]
    if text[at] == ZWJ and unicodedata.category(before) in {"So", "Sk"} and unicodedata.category(after) == "So":
        return True
    if text[at] in {ZWJ, ZWNJ} and unicodedata.category(after)[0] == "L":
        return unicodedata.combining(before) == VIRAMA or (
            text[at] == ZWNJ and unicodedata.bidirectional(before) == "AL"
        )
    return False
