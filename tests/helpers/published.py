"""The published checkers (package if-verifiable) as the tests hold ours against them, and what they are fed with.

NLTK 3.10 changed what counts as a word character and as closing punctuation; ours is 3.9's reading, so that the
splitter is put back to it here. Its word tokenizer runs without the sentence splitter in front, which only decides
which full stops are cut off: no check of IFEval looks at them.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import Any

from hypothesis import strategies as st

Check = Callable[[str, dict[str, Any], str], bool]

MODELS = (
    "Qwen__Qwen2.5-0.5B-Instruct-GPTQ-Int4",
    "Qwen__Qwen2.5-32B-Instruct-GPTQ-Int4",
    "Qwen__Qwen2.5-7B-Instruct-GPTQ-Int4",
    "deepseek-ai__deepseek-llm-7b-chat",
    "gpt-4o-2024-08-06",
    "gpt-4o-mini-2024-07-18",
    "hugging-quants__Meta-Llama-3.1-8B-Instruct-AWQ-INT4",
    "o1-mini-2024-09-12",
)
"""Whose responses to IFEval were published with their verdicts."""


@cache
def splitter() -> Any:
    """NLTK's sentence splitter with its English parameters, as of 3.9."""
    import punkt
    import regex
    from nltk.tokenize.punkt import PunktLanguageVars, PunktParameters, PunktSentenceTokenizer

    class Vars(PunktLanguageVars):
        re_boundary_realignment = regex.compile(r"""["')\]}]+?(?:\s+|(?=--)|$)""", regex.MULTILINE)
        _re_non_word_chars = r"""(?:[)";}\]*:@'({\[!?])"""  # pyright: ignore[reportAssignmentType]

    model, parameters = punkt.load_model("english"), PunktParameters()
    parameters.abbrev_types = set(model.abbrev_types)
    parameters.collocations = set(model.collocations)
    parameters.sent_starters = set(model.sent_starters)
    parameters.ortho_context = defaultdict(int, model.ortho_context)
    return PunktSentenceTokenizer(parameters, lang_vars=Vars())


@cache
def registry() -> dict[str, Any]:
    """Every published checker by instruction id, IFBench's and IFEval's, with their language guesser seeded."""
    import langdetect
    import nltk

    nltk.download = lambda *_, **__: None  # the package asks for the network when it is imported
    from if_verifiable.ifbench import instructions_registry as ifbench
    from if_verifiable.ifeval import instructions_registry as ifeval
    from if_verifiable.ifeval import instructions_util
    from nltk.tokenize.destructive import NLTKWordTokenizer

    nltk.word_tokenize = NLTKWordTokenizer().tokenize
    langdetect.DetectorFactory.seed = 0
    instructions_util._get_sentence_tokenizer = splitter  # noqa: SLF001
    return ifbench.INSTRUCTION_DICT | ifeval.INSTRUCTION_DICT


def check(instruction_id: str, kwargs: dict[str, Any], text: str) -> bool:
    """The published verdict, as strict accuracy takes it."""
    checker = registry()[instruction_id](instruction_id)
    checker.build_description(**kwargs)
    return bool(text.strip()) and bool(checker.check_following(text))


PIECES = st.sampled_from(
    ["alpha", "Beta", "THE", "root", "answer", "42", "3.14", " ", "  ", "\n", "\n\n", "\n \n", ", ", ". ", "? ", "! ",
     "* ", "*", "**", "***", "\n***\n", "******", "- ", "-5", "---", '"', "'s", "N'T", "Section 1", "SECTION 2",
     "\\boxed{42}", "$x$", "(0,1)", "[0, 1]", "[name]", "[", "]", "<<", ">>", "<<title>>", "thus", "\t", "P.S. ",
     "p.p.s", "Any other questions?", "What is it?", "la respuesta es", "My answer is yes.", "My Answer:",
     "My Conclusion:", "Future Outlook:", "and ", "But ", "so, ", "!?!?", "é", "—", "…", "Dr. ", "e.g. ", "J. ",
     "U.S. ", "```json\n", '{"a": 1}', "```", ")", "..."]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=80)
RELATION = st.sampled_from(["less than", "at least"])
COUNT = st.integers(1, 6)
WORDS = st.lists(st.sampled_from(["alpha", "beta", "root", "thus", "a.c", "THE", "é"]), min_size=1, max_size=2)
LETTER = st.sampled_from(["a", "T", "z"])
NONE: st.SearchStrategy[dict[str, Any]] = st.just({})
KEYWORDS5 = st.just({f"keyword{i}": word for i, word in enumerate(("alpha", "beta", "root", "thus", "answer"), 1)})


def fields(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(strategies)


KWARGS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "change_case:capital_word_frequency": fields(capital_frequency=COUNT, capital_relation=RELATION),
    "change_case:english_capital": NONE,
    "change_case:english_lowercase": NONE,
    "combination:repeat_prompt": st.just({"prompt_to_repeat": "What is it?"}),
    "combination:two_responses": NONE,
    "count:conjunctions": fields(small_n=COUNT),
    "count:keywords_multiple": KEYWORDS5,
    "count:unique_word_count": fields(N=COUNT),
    "count:word_count_range": fields(min_words=st.integers(1, 4), max_words=st.integers(4, 9)),
    "detectable_content:number_placeholders": fields(num_placeholders=COUNT),
    "detectable_content:postscript": fields(postscript_marker=st.sampled_from(["P.S.", "P.P.S", "Note:"])),
    "detectable_format:constrained_response": NONE,
    "detectable_format:json_format": NONE,
    "detectable_format:multiple_sections": fields(
        section_spliter=st.sampled_from(["Section", "SECTION", "Day", "Part -"]), num_sections=COUNT
    ),
    "detectable_format:number_bullet_lists": fields(num_bullets=COUNT),
    "detectable_format:number_highlighted_sections": fields(num_highlights=COUNT),
    "detectable_format:title": NONE,
    "format:list": fields(sep=st.sampled_from(["!?!?", "...", "-"])),
    "format:output_template": NONE,
    "keywords:existence": fields(keywords=WORDS),
    "keywords:forbidden_words": fields(forbidden_words=WORDS),
    "keywords:frequency": fields(
        keyword=st.sampled_from(["root", "a", "a.c", " the"]), frequency=COUNT, relation=RELATION
    ),
    "keywords:letter_frequency": fields(letter=LETTER, let_frequency=COUNT, let_relation=RELATION),
    "language:response_language": fields(language=st.sampled_from(["en", "es"])),
    "length_constraints:nth_paragraph_first_word": fields(
        num_paragraphs=st.integers(2, 4), nth_paragraph=st.integers(1, 2), first_word=st.sampled_from(["alpha", "The"])
    ),
    "length_constraints:number_paragraphs": fields(num_paragraphs=COUNT),
    "length_constraints:number_sentences": fields(num_sentences=COUNT, relation=RELATION),
    "length_constraints:number_words": fields(num_words=COUNT, relation=RELATION),
    "punctuation:no_comma": NONE,
    "startend:end_checker": fields(end_phrase=st.sampled_from(["Any other questions?", "42"])),
    "startend:quotation": NONE,
}
"""IFEval's types, and IFBench's that we have. IFTrain's checkers come in no package."""
