"""Characters that nobody sees: those that hide something, and those that a script, a formula or a flag needs."""

import pytest

from keepif.rewards import Response, guard

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
TAGS = "".join(chr(0xE0000 + ord(letter)) for letter in "hidden text")


@pytest.mark.parametrize(
    "text",
    [
        "It\u200b is\u200b 42\u200b.\u200b\u200b\u200b",
        "It\x00 is\x01 42\x08.\x1a\x1b\x7f",
        "It\u034f is\u2800 42\u3164.\u115f\u1160\uffa0",
        "I\u200bt i\u200bs n\u200bo\u200bw s\u200bo\u200br\u200bt\u200be\u200bd.",
        f"It is 42.{TAGS}",
        f"The {ENGLAND} team won.{TAGS}",
        "It th\u2062us is th\u2062us and th\u2062us as th\u2062us or th\u2062us if th\u2062us.",
        "It is 42." + "\u2060" * 20,
    ],
)
def test_what_hides_something(text: str) -> None:
    assert guard(Response.parse(text)) == "hidden"


@pytest.mark.parametrize(
    "text",
    [
        "It is 42.\r\n\tSo\r\n\tit\r\n\tis\r\n.\f",
        "\ufeffIt is 42.",
        "Family: \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 and so it is 42.",
        f"The {ENGLAND} team won the cup and so it is 5.",
        f"{ENGLAND}{ENGLAND} are two flags of England, and {ENGLAND} is the third.",
        "ภาษา\u200bไทย\u200bตัด\u200bคำ\u200bด้วย\u200bช่องว่าง\u200bศูนย์ 5",
        "លទ្ធផល\u200bគឺ\u200bសែសិប\u200bពីរ\u200bព្រោះ\u200bប្រាំមួយ\u200bគុណ 42",
        "ผลลัพธ์\u200b42\u200bคือ\u200b6\u200bคูณ\u200b7\u200bเพราะ\u200bหก",
        "မြန်မာ\u200bစာ\u200bသည်\u200bစကား\u200bလုံး\u200bများ\u200bကို\u200bခွဲ",
        "答案\u2060是\u2060四\u2060十\u2060二\u2060。\u2060所以\u2060如此",
        "• \u200bAdd\n• \u200bMul\n• \u200bSub\n• \u200bDiv\n• \u200bMod\n• \u200bPow\nSo 42",
        "- \u200bone\n- \u200btwo\n- \u200bthree\n- \u200bfour\n- \u200bfive\n- \u200bsix\n",
        "\ufeffone\n\ufefftwo\n\ufeffthree\n\ufefffour\n\ufefffive\n\ufeffsix\n",
        "The step-by-\xadstep sum: syl\xadla\xadble hy\xadphen\xada\xadtion ty\xadpo\xadgra\xadphy.",
        "Die Donau\xaddampf\xadschiff\xadfahrts\xadgesell\xadschaft und ihr Ka\xadpi\xadtän.",
        "2\u2062x + 3\u2062y + 4\u2062z + 5\u2062w + 6\u2062v + 7\u2062u = 5",
        "We have f\u2061(x) = 5, g\u2061(x) = 3, h\u2061(x) = 1, sin\u2061 x, cos\u2061 x, tan\u2061 x.",
        "a\u2062b + b\u2062c + c\u2062d + d\u2062a + a\u2062c + b\u2062d + sin\u2061x",
    ],
)
def test_what_has_a_use(text: str) -> None:
    assert guard(Response.parse(text)) is None
