"""Language identification: a confident guess for training, langdetect's for the published checks."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import groupby
from operator import itemgetter

from .text import OTHER_SCRIPT, Text, accents

NAMES = {
    "en": "English", "es": "Spanish", "pt": "Portuguese", "ar": "Arabic", "hi": "Hindi", "fr": "French",
    "ru": "Russian", "de": "German", "ja": "Japanese", "it": "Italian", "bn": "Bengali", "uk": "Ukrainian",
    "th": "Thai", "ur": "Urdu", "ta": "Tamil", "te": "Telugu", "bg": "Bulgarian", "ko": "Korean", "pl": "Polish",
    "he": "Hebrew", "fa": "Persian", "vi": "Vietnamese", "ne": "Nepali", "sw": "Swahili", "kn": "Kannada",
    "mr": "Marathi", "gu": "Gujarati", "pa": "Punjabi", "ml": "Malayalam", "fi": "Finnish",
}  # fmt: skip
"""IFEval's languages."""

OTHERS = (
    "af", "az", "be", "ca", "cs", "cy", "da", "el", "et", "eu", "ga", "gl", "hr", "hu", "hy", "id", "is", "ka",
    "kk", "la", "lt", "lv", "mk", "mn", "ms", "nl", "no", "ro", "sk", "sl", "sq", "sr", "sv", "tl", "tr", "zh",
)  # fmt: skip
"""Languages that a text may be in instead."""
LETTERS = re.compile(r"[^\W\d_]{2,}|[^\W\d_A-Za-z]")
"""Words of two letters or more; one in ASCII is a variable."""
NAME = 7
"""Latin words in a row that another script may quote."""
LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
CONFIDENT = 0.7
"""Probability from which a guess is held against a writer: py3langid is often wrong on terse mathematical lines."""
CERTAIN = 0.99
"""The same for all other languages together: Indonesian and Malay share their words."""
NEAR = 0.5
"""Share of the likeliest language's probability from which another may be meant as well."""
KIN = 0.1
"""The same where the text as a whole is likeliest in it: a sentence may pass for one of a kindred language."""
PIECE = 8
"""Words of a Latin sentence that are judged by themselves: it may begin in one language and go on in another."""
LEAST = 25
"""Letters of a part that is judged; what is shorter goes with what follows."""
PARTS = 40
"""Parts of a text that are looked at, evenly spread: the cost is bounded by them."""
READ = 400
"""Characters of a part that are looked at."""
MOST = 0.8
"""Share of a text's letters that have to be in its language: a name or a quotation may be in another."""


def share_in(language: str, text: Text) -> float:
    """The share of the letters of `text` that stand in parts which may be in `language`; 0 without letters.

    >>> from keepif.rewards import Text
    >>> share_in("es", Text("La respuesta es 42.")), share_in("es", Text("42"))
    (1.0, 0.0)
    """
    parts = _parts(text)
    whole = _guesses(" ".join(parts)[:READ])
    enough = KIN if whole.get(language) == max(whole.values()) else NEAR
    near = sum(len(part) for part in parts if _may_be_in(language, part, enough))
    return near / max(1, sum(map(len, parts)))


def _may_be_in(language: str, part: str, enough: float) -> bool:
    """Whether a part may be in `language`; langdetect tells Hindi, Nepali and Marathi apart, and guesses in ours."""
    guesses = _guesses(part)
    near = guesses.get(language, 0) >= enough * max(guesses.values())
    return near or (not LATIN.match(part) and detect_official(part) == language)


def is_other_than_english(text: Text) -> bool:
    """Whether much of `text` is confidently in another language than English."""
    parts = _parts(text)
    return sum(len(part) for part in parts if _is_foreign(part)) > (1 - MOST) * sum(map(len, parts))


def _is_foreign(part: str) -> bool:
    """Whether a part is in other letters than English, or long enough to say that it is in another language."""
    guesses = _guesses(part)
    language, probability = max(guesses.items(), key=itemgetter(1))
    sure = (language != "en" and probability >= CONFIDENT) or guesses["en"] <= 1 - CERTAIN
    return not LATIN.match(part) or (sure and len(part) >= LEAST)


def _parts(text: Text) -> list[str]:
    """The letters of sentences, of so many as make a part."""
    parts: list[str] = []
    for piece in (piece for sentence in text.sentences for piece in _pieces(sentence)):
        if parts and len(parts[-1]) < LEAST and bool(LATIN.match(parts[-1])) == bool(LATIN.match(piece)):
            parts[-1] = f"{parts[-1]} {piece}"
        else:
            parts.append(piece)
    return parts[:: -(-len(parts) // PARTS)] if parts else []


def _pieces(sentence: str) -> Iterator[str]:
    """The letters of a sentence by alphabet, those of many Latin words in even pieces of about `PIECE` words."""
    words = (_accented() if OTHER_SCRIPT.search(sentence) else LETTERS).findall(sentence.lower())
    runs = [(latin, [*run]) for latin, run in groupby(words, lambda word: bool(LATIN.match(word)))]
    if not all(latin for latin, _ in runs):  # names and terms in a sentence of another script
        runs = [(latin, run) for latin, run in runs if not latin or len(run) > NAME]
    for latin, run in runs:
        count = max(1, round(len(run) / PIECE)) if latin else 1
        yield from (" ".join(run[i * len(run) // count : (i + 1) * len(run) // count]) for i in range(count))


@cache
def _accented() -> re.Pattern[str]:
    """Words as above with their accents, without which Nepali is taken for Hindi; it takes ten times as long."""
    return re.compile(rf"(?:[^\W\d_]|[{accents()}]){{2,}}|[^\W\d_A-Za-z]")


@lru_cache(maxsize=65_536)
def _guesses(part: str) -> dict[str, float]:
    """Language → probability."""
    return {language: float(probability) for language, probability in _identifier().rank(part[:READ])}


@lru_cache(maxsize=4096)
def detect_official(text: str) -> str | None:
    """langdetect's guess as IFEval takes it, but seeded, so that it never changes; `None` if langdetect gives up.

    IFEval leaves langdetect unseeded, so its verdicts on short texts change from run to run. The seed is set on the
    detector alone: nothing global is touched.
    """
    from langdetect_rs import LangDetectException

    detector = _langdetect_factory().create()
    detector.seed = 0
    try:
        detector.append(text)
        return detector.detect()
    except LangDetectException:
        return None


def is_english(text: str) -> bool:
    """IFEval's test for English: langdetect says so, or gives up."""
    return detect_official(text) in {"en", None}


@cache
def _identifier():  # noqa: ANN202  # py3langid is untyped
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(sorted([*NAMES, *OTHERS]))  # our own instance: the module's is global
    return identifier


@cache
def _langdetect_factory():  # noqa: ANN202  # langdetect-rs is untyped
    from langdetect_rs import PROFILES_DIRECTORY, DetectorFactory

    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    return factory
