"""What a careful person takes for kept and for ignored, in the reading `math`: kinds, in our own words."""

import pytest

from keepif.rewards import Text, make

LESS, MORE = "less than", "at least"
WORDS = "length_constraints:number_words"
SENTENCES = "length_constraints:number_sentences"
LANGUAGE = "language:response_language"
LETTERS = "keywords:letter_frequency"
FREQUENCY = "keywords:frequency"
ORDER = {"instruction_id": "keywords:existence", "kwargs": {"keywords": ["order"]}}
CHAIN = {"parts": [ORDER, ORDER]}
KEPT = [
    # marks that other tools write
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "Take *$n$* and then **\\boxed{8}**."),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "***Both sides*** are <b>equal now</b>."),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 1}, "结果是**八**。"),
    ("detectable_format:multiple_sections", {"section_spliter": "SECTION", "num_sections": 2},
     '"### **SECTION 1**\nDouble four.\n### **SECTION 2**\nThat is \\boxed{8}."'),
    ("detectable_format:multiple_sections", {"section_spliter": "Section", "num_sections": 2},
     "[Section One]\nDouble four.\n[Section Two]\nThat is eight."),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "Double the four.***\nIt is eight."),
    ("paragraphs:paragraphs", {}, "Double the four.\n\\*\\*\\*\nIt is eight."),
    ("paragraphs:paragraphs", {}, "Double the four.\n* * *\nIt is eight."),
    ("paragraphs:paragraphs2", {}, "Double the four.\n\nSo it has to be\n\n$$\\boxed{8}$$"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "It is eight.\n\n### P.S.\nHalve it again."),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "It is eight.\n\n> **P.P.S** $8 / 2 = 4$"),
    ("detectable_format:title", {}, "# <<Why 2x = 8>>\nHalve it."),
    ("format:output_template", {}, "## My answer\n8\n## My conclusion\nIt is even.\n## Future outlook\nTry ten."),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, '"* Double four\n– Get \\boxed{8}"'),
    ("startend:quotation", {}, "»The result is eight.«"),
    ("startend:quotation", {}, '"He says "eight" and is right."'),
    ("startend:quotation", {}, '"Double the four."\n\n"It is eight."'),
    ("startend:quotation", {}, '"```\nDouble the four.\nIt is eight.\n```"'),
    ("detectable_format:title", {}, "We call it our <<Doubling Rule>>!"),
    ("detectable_format:json_format", {}, '[{"step": 4}, {"step": 8}]'),
    ("detectable_format:json_format", {}, '["four doubled", 8]'),
    ("detectable_format:multiple_sections", {"section_spliter": "SECTION", "num_sections": 2},
     "Hence: SECTION 1\nDouble four.\nSECTION 2\nThat is eight."),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "Send it to [address] and call at [address]."),
    ("composition:chain", CHAIN, "Part One\nThe order is clear.\nPart II\nIt has an order."),
    ("startend:end_checker", {"end_phrase": "That’s it."}, "The result is eight. (That's it.)"),
    ("first_word:first_word_answer", {"first_word": "so"}, "1. \\textbf{So} it is eight."),
    ("last_word:last_word_answer", {"last_word": "proved"}, "Thus the claim is proved. $\\blacksquare$"),
    # words, in any script
    ("keywords:existence", {"keywords": ["合計"]}, "二つの合計を出します。"),
    ("keywords:existence", {"keywords": ["sum"]}, "\\[ \\text{the whole sum} = 8 \\] as we see."),
    ("keywords:existence", {"keywords": ["let's go"]}, "And then let’s\ngo on with it."),
    ("keywords:existence", {"keywords": ["order"]}, "In other words: the order is clear."),
    ("keywords:existence", {"keywords": ["hooray"]}, "Hooray, folks. It is eight."),
    ("keywords:existence", {"keywords": ["name"]}, '```json\n{"name": "eight", "of": "them"}\n```'),
    ("punctuation:no_comma", {}, "四の二倍は八です。"),
    ("punctuation:no_comma", {}, "Result: $\\boxed{8}$"),
    (WORDS, {"num_words": 6, "relation": LESS}, "यह संख्याओं का योग है।"),
    (WORDS, {"num_words": 5, "relation": LESS}, "It costs 8.25 now."),
    (SENTENCES, {"num_sentences": 2, "relation": LESS}, "At 8 a.m. in the U.S. it is 4! = 24."),
    (SENTENCES, {"num_sentences": 2, "relation": MORE}, "योग आठ है। उत्तर आठ है।"),
    (WORDS, {"num_words": 20, "relation": MORE}, "首先我们把四加上四得到八然后再检查一遍确认没有错误。"),
    (LANGUAGE, {"language": "hi"}, "परिणाम \\boxed{8} है।"),
    (LANGUAGE, {"language": "ne"}, "त्यसैले उत्तर \\boxed{8} हो।"),
    (LANGUAGE, {"language": "mr"}, "समजा ही संख्या आठ आहे. मग दुप्पट करू."),
    (LANGUAGE, {"language": "ne"}, "यो समस्या समाधान गर्न हामीले पहिले जम्मा मूल्य निकाल्नुपर्छ।"),
    (LANGUAGE, {"language": "ko"}, "SRE는 'Site Reliability Engineering'의 약자입니다."),
    ("change_case:english_lowercase", {}, "so n is 8."),
    ("keywords:existence", {"keywords": ["order"]}, "여기에서 order를 봅니다."),
    ("keywords:existence", {"keywords": ["order"]}, "The orders are what we see here."),
    (FREQUENCY, {"keyword": "order", "frequency": 2, "relation": MORE}, "Of all the orders one order is right."),
    ("last_word:last_word_answer", {"last_word": "proved"}, "It is eight, as was to be proved: $\\boxed{8}$"),
    (FREQUENCY, {"keyword": "no", "frequency": 2, "relation": MORE}, "He says no, no to all of it."),
    ("detectable_format:title", {}, "`<<Why it is eight>>`\nHalve it."),
    ("format:list", {"sep": "!?!?"}, "!?!? Double four. !?!? Get eight."),
    ("punctuation:no_comma", {}, "The set is \\{2,4,8\\} and so we see it."),
    (SENTENCES, {"num_sentences": 2, "relation": MORE}, "First\n\\[x=4.\\]\nThen\n$$2x=8.$$"),
    ("startend:end_checker", {"end_phrase": "Hope it helps."}, "it is eight. hope it helps."),
    ("startend:end_checker", {"end_phrase": "Hope it helps."}, "IT IS \\boxed{8}. HOPE IT HELPS."),
    ("startend:end_checker", {"end_phrase": "in all."}, "It is eight.\nIn all."),
    ("last_word:last_word_answer", {"last_word": "done"}, "It is \\boxed{8}. Done."),
    ("last_word:last_word_answer", {"last_word": "done"}, "It is eight.\n\n**Now we are done**"),
    ("last_word:last_word_answer", {"last_word": "done"}, "Once it is \\boxed{8} we are done"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "It is eight.\nP.S. 检查一遍。"),
    ("detectable_format:title", {}, "$<<$Why it is eight$>>$\nHalve it."),
    ("detectable_content:number_placeholders", {"num_placeholders": 1}, "Dear [name], see [this](https://a.b)."),
]  # fmt: skip
IGNORED = [
    # dummies
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "It is \\boxed{8}.\n* y\n* y"),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "It is \\boxed{8}.\n- bullet\n- bullet"),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "It is \\boxed{8}. *ok* *1*"),
    ("detectable_format:multiple_sections", {"section_spliter": "Section", "num_sections": 2},
     "It is eight.\nSection 1\ny\nSection 2\nok"),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 3}, "It is \\boxed{8}.\n***\nok\n***\n8"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "It is \\boxed{8}.\nP.S. P.S."),
    ("detectable_content:postscript", {"postscript_marker": "P.S."},
     "Look here.\nP.S. " + "We take the four and double it again. " * 10),
    ("detectable_format:title", {}, "It is \\boxed{8}.\n<<title>>"),
    ("detectable_format:title", {}, "Tom has <<two eggs>>2 eggs."),
    ("format:output_template", {}, "My Answer: \\boxed{8} My Conclusion: y Future Outlook: y"),
    ("combination:two_responses", {}, "It is \\boxed{8}.\n******\nIT IS \\boxed{8}"),
    ("detectable_content:number_placeholders", {"num_placeholders": 3}, "Dear [x] and [x] and [x]."),
    ("startend:quotation", {}, '"$$\\boxed{8}$$"'),
    ("startend:quotation", {}, '"Four"\nand so it is "eight"'),
    ("detectable_format:json_format", {}, '{"x": "\\\\boxed{8}"}'),
    ("detectable_format:json_format", {}, '[["\\\\boxed{8}"], 8]'),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "+ 4 pears\n+ 4 plums\nIt is eight."),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "It is eight. [name], [name]"),
    ("startend:quotation", {}, '"Four" doubled makes what we call "eight"'),
    ("combination:repeat_prompt", {"prompt_to_repeat": "What is 4 + 4?"}, "What is 4 + 4? y"),
    ("startend:end_checker", {"end_phrase": "Hope it helps."}, "It is \\boxed{8}. We hope it helps."),
    ("startend:end_checker", {"end_phrase": "Hope it helps."}, "\\boxed{8} hope it helps."),
    ("last_word:last_word_answer", {"last_word": "done"}, "It is \\boxed{8}. done"),
    ("last_word:last_word_answer", {"last_word": "done"}, "It is \\boxed{8}.\n\n(done)"),
    ("last_word:last_word_answer", {"last_word": "done"}, "It is eight! **done**"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "It is \\boxed{8}.\nP.S. None"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "It is \\boxed{8}.\nP.S. *nothing*!"),
    ("detectable_content:number_placeholders", {"num_placeholders": 1}, "See [the proof](https://a.b) for it."),
    ("detectable_content:number_placeholders", {"num_placeholders": 1}, "See ![a figure](figure.png) for it."),
    # words without a sentence
    ("keywords:existence", {"keywords": ["order", "value"]}, "It is \\boxed{8}.\n\nKeywords: order, value"),
    ("keywords:existence", {"keywords": ["order", "value"]}, "Note: the words order and value are all used here."),
    (FREQUENCY, {"keyword": "order", "frequency": 2, "relation": MORE}, "It has the keyword order twice: order."),
    ("keywords:existence", {"keywords": ["order"]}, "It is ~~in good order~~ \\boxed{8} now."),
    (FREQUENCY, {"keyword": "order", "frequency": 3, "relation": MORE}, "It is \\boxed{8}. order order order"),
    ("keywords:word_once", {"keyword": "order"}, "The order of $\\text{order}$ is the `order` of it."),
    ("keywords:forbidden_words", {"forbidden_words": ["because"]}, "It is so be-cause it is eight."),
    ("keywords:forbidden_words", {"forbidden_words": ["because"]}, "It is so b e c a u s e it is eight."),
    ("keywords:forbidden_words", {"forbidden_words": ["because"]}, "It is so bécause it is eight."),
    (LETTERS, {"letter": "o", "let_frequency": 9, "let_relation": MORE}, "It is sooooooooooo right."),
    ("count:unique_word_count", {"N": 9}, "It is a b c d e f g h x1 x2."),
    ("count:unique_word_count", {"N": 12}, "It is eight then: ba be bi bo bu da de di do du"),
    (FREQUENCY, {"keyword": "order", "frequency": 3, "relation": MORE}, "It is in order/order/order now."),
    (WORDS, {"num_words": 40, "relation": MORE}, "It is what we have when we added the four numbers up. " * 4),
    (WORDS, {"num_words": 40, "relation": MORE}, "It is eight. " + "la di da do re mi " * 8),
    ("change_case:capital_word_frequency", {"capital_frequency": 3, "capital_relation": MORE}, "It is AA BB CC DD."),
    ("change_case:english_capital", {}, "BCD FGH XZ: \\boxed{8}"),
    ("detectable_format:multiple_sections", {"section_spliter": "Section", "num_sections": 2},
     "Section 1 of the book is short.\nSection 2 of it is long."),
    ("last_word:last_word_answer", {"last_word": "done"}, "It is \\boxed{8}. done done done"),
    ("composition:chain", CHAIN, "Part 1\nThe order is clear.\nPart 2\nIt has an order.\nPart 3\nIt goes on."),
    ("count:conjunctions", {"small_n": 4}, "It is \\boxed{8}. (and, but, or, so)"),
    (WORDS, {"num_words": 20, "relation": MORE}, "It is " + " ".join(map(str, range(40)))),
    (WORDS, {"num_words": 20, "relation": LESS}, "首先我们把四加上四得到八然后再检查一遍确认没有错误。"),
    (SENTENCES, {"num_sentences": 4, "relation": MORE}, "Yes. Yes. Yes. Yes. Yes."),
    (SENTENCES, {"num_sentences": 4, "relation": MORE}, "It is eight. 1! 2! 3! 4!"),
    # prose that hides, letters that are others
    ("change_case:english_capital", {}, "SO IT IS `we add four` `and then four` \\boxed{8}"),
    ("punctuation:no_comma", {}, "So it is$,$ as we see."),
    (LETTERS, {"letter": "w", "let_frequency": 1, "let_relation": LESS}, "ѡe see that it is eight."),
    # languages
    (LANGUAGE, {"language": "ja"}, "我们把四加上四，所以最后的答案是八。"),
    (LANGUAGE, {"language": "hi"}, "अन्तिम उत्तर बयालीस हो किनभने छ गुणा सात बयालीस हुन्छ।"),
    (LANGUAGE, {"language": "hi"}, "एका पुस्तकाची किंमत दहा रुपये आहे."),
    (LANGUAGE, {"language": "ne"}, "एक किताब की कीमत दस रुपये है।"),
    (LANGUAGE, {"language": "en"}, "We tellen vier bij vier op, dus het antwoord is zeker acht."),
    (LANGUAGE, {"language": "es"},
     "La respuesta correcta es la siguiente. We add four and four and that is how we get it."),
    (LANGUAGE, {"language": "es"}, "La respuesta que se da aquí es we add four and four to get it \\boxed{8}"),
    (LANGUAGE, {"language": "de"}, "Wir addieren vier und vier. " * 80 + "We add four and four. " * 200),
    ("change_case:english_lowercase", {}, "vi lägger ihop fyra och fyra, så svaret är helt säkert åtta."),
]  # fmt: skip


@pytest.mark.parametrize(("instruction_id", "kwargs", "text"), KEPT)
def test_kept(instruction_id: str, kwargs: dict[str, object], text: str) -> None:
    assert make(instruction_id, kwargs).holds(Text(text))


@pytest.mark.parametrize(("instruction_id", "kwargs", "text"), IGNORED)
def test_ignored(instruction_id: str, kwargs: dict[str, object], text: str) -> None:
    assert not make(instruction_id, kwargs).holds(Text(text))
