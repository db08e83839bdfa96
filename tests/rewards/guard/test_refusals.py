"""A refusal, and what only opens like one."""

import pytest

from keepif.rewards import Response, guard


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I cannot help with that.",
        "I’m sorry, but I can’t help with that.",
        "As an AI language model, I do not do sums.",
        "I'd rather not.",
        "I'm afraid I can't do that.",
        "Skip this one please.",
        "I have no idea what this is.",
        "I do not want to answer this.",
        r"I cannot answer that. \boxed{0}",
        r"I'd rather not. \boxed{0}",
        "I'm unable to answer the question: the answer is 0.",
        "Sorry, I won't answer this question.",
        "Unfortunately, I am not able to assist you with this request.",
        "I apologize, but I must decline to answer.",
        "I don't know the answer.",
        "I give up. It is too hard.",
    ],
)
def test_a_refusal(text: str) -> None:
    assert guard(Response.parse(text)) == "refusal"


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry for the confusion. The answer is 42.",
        "I apologize for the earlier mistake. #### 42",
        "Unfortunately, I cannot simplify further. The answer is 42.",
        r"I cannot do it by hand. \boxed{4}",
        r"I'm sorry for the delay in my answer. \boxed{4}",
        "I cannot see a shortcut, so I add them up. " + "It takes a while and some care. " * 3 + r"\boxed{4}",
        "We can't divide by zero, so there is no answer.",
        "I can't believe how fast the week went by. We swam every day and ate far too much ice cream.",
        "I won't forget this trip. We saw whales at dawn and slept under the stars.",
        "I won't lie: the sea was cold.",
        "I'd prefer tea to coffee. It is gentler and keeps me awake just as well.",
        "I'd rather not go out in the rain, so let us cook.",
        "I'd rather stay at home and read. Books are warm.",
        "I'm afraid of spiders. They hide in the bath and wait for me.",
        "I'm sorry to hear about your loss. May the days ahead be gentle.",
        "Sorry I'm late! The train stood for an hour.",
        "I cannot wait to see you! The train gets in at five.",
        "I cannot help it: the song makes me dance.",
        "I can't help it. The song makes me dance.",
        r"I cannot help: it is beautiful. \boxed{42}",
        "I can't help falling in love with this town.",
        "I don't know why, but the sea calms me.",
        "I have no idea how you do it, and I love it.",
        "I give up coffee every January. It never lasts.",
        "Skip this part if you know the plot.",
        "I refuse to buy plastic. Glass lasts.",
        "I'm sorry, but I can't provide real-time train schedules. Please ask the operator, who has them.",
        "As an AI language model, I don't eat. But bread is what people recommend.",
    ],
)
def test_what_opens_like_one(text: str) -> None:
    assert guard(Response.parse(text)) is None
