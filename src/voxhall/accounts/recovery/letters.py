"""What the letters say, in the languages that the pages have."""

from voxhall.accounts.model import User
from voxhall.accounts.recovery.model import Purpose
from voxhall.kit.mail import Letter

_WORDS = {
    "en": {
        Purpose.SIGN_IN: (
            "Your link to {site}",
            "Open this link to sign in as @{handle}. It works once, for 15 minutes.",
            "Sign in",
        ),
        Purpose.CONFIRM: (
            "Is this your address?",
            "Somebody, probably you, gave this address to @{handle} on {site}. Open the link to confirm it.",
            "Confirm the address",
        ),
    },
    "de": {
        Purpose.SIGN_IN: (
            "Dein Link zu {site}",
            "Öffne diesen Link, um dich als @{handle} anzumelden. Er gilt einmal, 15 Minuten lang.",
            "Anmelden",
        ),
        Purpose.CONFIRM: (
            "Ist das deine Adresse?",
            "Jemand, vermutlich du, hat sie bei @{handle} auf {site} angegeben. Öffne den Link, um sie zu bestätigen.",
            "Adresse bestätigen",
        ),
    },
    "ar": {
        Purpose.SIGN_IN: (
            "رابطك إلى {site}",
            "افتح هذا الرابط لتسجيل الدخول باسم ‎@{handle}. يعمل مرة واحدة خلال 15 دقيقة.",
            "تسجيل الدخول",
        ),
        Purpose.CONFIRM: (
            "هل هذا عنوانك؟",
            "أدخل أحدهم، وغالبًا أنت، هذا العنوان للحساب ‎@{handle} على {site}. افتح الرابط لتأكيده.",
            "تأكيد العنوان",
        ),
    },
}
_FOOTERS = {
    "en": "Was it not you? Then do nothing: without the link nothing happens.",
    "de": "Warst du das nicht? Dann tu nichts: Ohne den Link geschieht nichts.",
    "ar": "ألم تكن أنت؟ إذن لا تفعل شيئًا: لا يحدث شيء من دون الرابط.",
}


def letter(user: User, to: str, purpose: Purpose, url: str, site: str) -> Letter:
    """In the language of the profile where the pages have it, else in English."""
    language = (user.language or "en").partition("-")[0].lower()
    language = language if language in _WORDS else "en"
    subject, sentence, action = _WORDS[language][purpose]
    said = {"site": site, "handle": user.handle}
    return Letter(to, subject.format(**said), [sentence.format(**said)], (action, url), _FOOTERS[language])
