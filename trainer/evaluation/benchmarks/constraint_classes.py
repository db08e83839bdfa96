"""Constraint classes: what thinking helps with, and what it hurts.

Senthil Kumar (2026, arXiv 2606.09662) finds that thinking helps a model to plan a whole answer (global counting,
structure, coordination), hurts exact local form (precision), and leaves the rest as it was (neutral). Which type is in
which class is ours, by these definitions: the paper's own list was not to be had.
"""

CLASSES = ("planning", "precision", "neutral")

_MEMBERS = {
    "planning": """
        change_case:capital_word_frequency combination:two_responses composition:and composition:chain
        composition:selection count:conjunctions count:count_increment_word count:keywords_multiple
        count:unique_word_count count:word_count_range detectable_content:number_placeholders
        detectable_format:multiple_sections detectable_format:number_bullet_lists
        detectable_format:number_highlighted_sections format:list format:output_template keywords:frequency
        keywords:letter_frequency keywords:word_once length_constraints:nth_paragraph_first_word
        length_constraints:number_paragraphs length_constraints:number_sentences length_constraints:number_words
        paragraphs:paragraphs paragraphs:paragraphs2
    """,
    "precision": """
        change_case:english_capital change_case:english_lowercase combination:repeat_prompt
        detectable_content:postscript detectable_format:constrained_response detectable_format:json_format
        detectable_format:title first_word:first_word_answer keywords:start_end last_word:last_word_answer
        punctuation:no_comma startend:end_checker startend:quotation
    """,
    "neutral": "keywords:existence keywords:forbidden_words language:response_language",
}

CLASS_OF = {instruction_id: name for name, members in _MEMBERS.items() for instruction_id in members.split()}
"""Instruction id → class, for every type that we define. IFBench's others have none."""
