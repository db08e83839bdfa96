"""Language identification: a confident guess for training, langdetect's for the published checks."""

import re
from functools import cache, lru_cache

from .latex import FORMULA

NAMES = {
    "en": "English", "es": "Spanish", "pt": "Portuguese", "ar": "Arabic", "hi": "Hindi", "fr": "French",
    "ru": "Russian", "de": "German", "ja": "Japanese", "it": "Italian", "bn": "Bengali", "uk": "Ukrainian",
    "th": "Thai", "ur": "Urdu", "ta": "Tamil", "te": "Telugu", "bg": "Bulgarian", "ko": "Korean", "pl": "Polish",
    "he": "Hebrew", "fa": "Persian", "vi": "Vietnamese", "ne": "Nepali", "sw": "Swahili", "kn": "Kannada",
    "mr": "Marathi", "gu": "Gujarati", "pa": "Punjabi", "ml": "Malayalam", "fi": "Finnish",
}  # fmt: skip
"""IFEval's languages."""

CONFIDENCE = 0.5
"""Below this probability py3langid is often wrong on terse mathematical lines."""

READ = 2_000
"""Characters that are looked at: identification needs no more, and its cost is bounded by them."""


@lru_cache(maxsize=4096)
def identify(text: str) -> str | None:
    """The language of `text`, or `None` where nothing confident can be said. Formula placeholders are ignored.

    >>> identify("La respuesta correcta es cuarenta y dos porque seis por siete son cuarenta y dos.")
    'es'
    >>> identify("42") is None
    True
    """
    letters = re.sub(r"[\W\d_]+", " ", text.replace(FORMULA, " ")[:READ]).strip().lower()
    if not letters:
        return None
    language, confidence = _identifier().classify(letters)
    return str(language) if confidence >= CONFIDENCE else None


def is_other_than_english(text: str) -> bool:
    """Whether `text` is confidently in another language than English."""
    return identify(text) not in {"en", None}


@lru_cache(maxsize=4096)
def detect_official(text: str) -> str | None:
    """langdetect's guess as IFEval takes it, but seeded, so that it never changes; `None` where langdetect gives up.

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
    identifier.set_languages(sorted(NAMES))  # our own instance: the module's is global
    return identifier


@cache
def _langdetect_factory():  # noqa: ANN202  # langdetect-rs is untyped
    from langdetect_rs import PROFILES_DIRECTORY, DetectorFactory

    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    return factory
