"""Responders that solve nothing: what compliance is worth to a model that only knows the templates."""

from collections.abc import Callable, Mapping
from typing import Any

SENTENCES = {
    "bg": "Отговорът на тази задача е четиридесет и две и това е всичко, което знаем.",
    "bn": "এই সমস্যার উত্তর হল বিয়াল্লিশ এবং আমরা এটাই জানি।",
    "de": "Die Antwort auf diese Aufgabe ist zweiundvierzig und das ist alles was wir wissen.",
    "es": "La respuesta correcta es cuarenta y dos porque seis por siete son cuarenta y dos.",
    "he": "התשובה לשאלה הזאת היא ארבעים ושתיים וזה כל מה שאנחנו יודעים.",
    "it": "La risposta a questo problema è quarantadue e questo è tutto quello che sappiamo.",
    "ja": "この問題の答えは四十二です。それが私たちの知っているすべてです。",
    "kn": "ಈ ಸಮಸ್ಯೆಯ ಉತ್ತರ ನಲವತ್ತೆರಡು ಮತ್ತು ನಮಗೆ ತಿಳಿದಿರುವುದು ಇಷ್ಟೇ.",
    "mr": "या प्रश्नाचे उत्तर बेचाळीस आहे आणि आम्हाला एवढेच माहीत आहे.",
    "ne": "यो समस्याको उत्तर बयालीस हो र हामीलाई थाहा भएको यति मात्र हो।",
    "pa": "ਇਸ ਸਮੱਸਿਆ ਦਾ ਜਵਾਬ ਬਤਾਲੀ ਹੈ ਅਤੇ ਸਾਨੂੰ ਇੰਨਾ ਹੀ ਪਤਾ ਹੈ।",
    "pt": "A resposta para este problema é quarenta e dois e isso é tudo o que nós sabemos.",
    "ru": "Ответ на эту задачу равен сорока двум и это всё что мы знаем.",
    "sw": "Jibu la tatizo hili ni arobaini na mbili na hayo ndiyo yote tunayojua.",
    "ta": "இந்த கணக்கின் விடை நாற்பத்திரண்டு நமக்குத் தெரிந்தது இவ்வளவுதான்.",
    "th": "คำตอบของโจทย์ข้อนี้คือสี่สิบสองและนั่นคือทั้งหมดที่เรารู้",
    "vi": "Câu trả lời cho bài toán này là bốn mươi hai và đó là tất cả những gì chúng ta biết.",
}


FILLER: dict[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "keywords:existence": lambda asked: asked["keywords"],
    "keywords:frequency": lambda asked: _many(asked["keyword"], asked["frequency"], asked["relation"]),
    "change_case:capital_word_frequency": lambda asked: _many(
        "OK", asked["capital_frequency"], asked["capital_relation"]
    ),
    "length_constraint_checkers:number_words": lambda asked: _many("it", asked["num_words"], asked["relation"]),
    "detectable_format:multiple_sections": lambda asked: [
        f"{asked['section_spliter']} {i + 1}\nit" for i in range(asked["num_sections"])
    ],
    "detectable_format:number_bullet_lists": lambda asked: ["it", *["- it"] * asked["num_bullets"]],
    "detectable_format:number_highlighted_sections": lambda asked: ["*it*"] * asked["num_highlights"],
    "language:response_language": lambda asked: [SENTENCES[asked["language"]]],
    "change_case:english_capital": lambda _: [SAID],
    "change_case:english_lowercase": lambda _: [SAID],
}
"""Instruction id -> the lines that keep it."""
SAID = "and this is all that we have to say about the whole of this question"
WRAPPED: dict[str, Callable[[str, Mapping[str, Any]], str]] = {
    "change_case:english_capital": lambda text, _: text.upper(),
    "change_case:english_lowercase": lambda text, _: text.lower(),
    "combination:repeat_prompt": lambda text, asked: f"{asked['prompt_to_repeat']}\n{text}",
    "startend:end_checker": lambda text, asked: f"{text}\n{asked['end_phrase']}",
    "startend:quotation": lambda text, _: f'"{text}"',
}
"""Instruction id -> what is put round the lines, in this order."""


def boxed(row: Mapping[str, Any]) -> str:
    """The right answer in a box and nothing else."""
    return f"\\boxed{{{row['answer']}}}"


def forty_two(row: Mapping[str, Any]) -> str:  # noqa: ARG001  # a responder
    return "42"


def spam(row: Mapping[str, Any]) -> str:
    """Keywords as often as they are asked for, inside the templates asked for: no reasoning, no answer.

    It fails the four rows that nobody can obey, and one that forbids a word of `SAID`.
    """
    asked = [(name, kwargs or {}) for name, kwargs in zip(row["constraint_name"], row["constraint_args"], strict=True)]
    text = "\n".join(line for name, kwargs in asked if name in FILLER for line in FILLER[name](kwargs)) or "it is so"
    for name, wrap in WRAPPED.items():
        for kwargs in [kwargs for named, kwargs in asked if named == name]:
            text = wrap(text, kwargs)
    return text


def _many(word: str, count: int, relation: str) -> list[str]:
    return [word] * count if relation == "at least" else []
