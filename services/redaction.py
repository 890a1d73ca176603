"""What keeps a text from being published: numbers and names that could point at somebody.

Deliberately strict: staff rewrite the public text, the original stays untouched beside it. Digits are
seen through spaces, dashes, dots, full-width forms and Chinese numerals.
"""

import re
import unicodedata
from collections.abc import Iterable

# 幺 and 两 are how numbers are read out; 〇 and 零 are the same.
NUMERALS = str.maketrans("〇零一幺二两三四五六七八九壹贰叁肆伍陆柒捌玖", "0011223456789123456789")
JOINTS = re.compile(r"(?<=[0-9A-Za-z])[\s\-‐-―_.,·、/()（）]+(?=[0-9A-Za-z])")
INVISIBLE = re.compile(r"[\u200b-\u200f\u2060\ufeff]")
LONG_NUMBER = re.compile(r"\d{6,}")
CODE = re.compile(r"(?<![0-9A-Za-z])(?=(?:[A-Za-z]*\d){5})[0-9A-Za-z]{8,}(?![0-9A-Za-z])")
MAIL = re.compile(r"[^\s@]+@[^\s@]+")
LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文云乌包宝"
)
CALLED = re.compile(
    rf"我叫[\u4e00-\u9fff]|姓(?![名氏])[\u4e00-\u9fff]"
    rf"|[{SURNAMES}]某?(?:先生|女士|小姐|同志|师傅|大姐|大哥|科长|主任|局长|股长|站长|老师)"
)
PLATE = re.compile(r"[\u4e00-\u9fff][A-Z][·\s]?[A-Z0-9]{5,6}(?![A-Z0-9])")


def squeeze(text: str) -> str:
    """`text` as a searcher for numbers sees it: half-width, numerals as digits, nothing between them."""
    plain = INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(NUMERALS)
    return JOINTS.sub("", plain)


def redaction_problems(text: str, *, names: Iterable[str] = ()) -> list[str]:
    """Why `text` may not be published, each with what to do; [] when nothing was found.

    `names` are those of the people in the matter (applicant, agent, recipient, staff).
    """
    found: list[str] = []
    flat, plain = squeeze(text), unicodedata.normalize("NFKC", text)
    if LONG_NUMBER.search(flat) or CODE.search(flat):
        found.append("含有像电话、证件或编号的数字，请删去或改为“某号码”。")
    if MAIL.search(plain) or LINK.search(plain):
        found.append("含有邮箱或网址，请删去。")
    if PLATE.search(plain.upper()):
        found.append("含有像车牌的号码，请删去。")
    bare = re.sub(r"\s", "", plain)
    if any(len(name) > 1 and re.sub(r"\s", "", name) in bare for name in names):
        found.append("含有申请人、代理人或经办人的姓名（名称），请改为“申请人”或“工作人员”。")
    elif CALLED.search(plain):
        found.append("含有像称呼个人的字样（如“某先生”“姓某”），请改为“申请人”或“工作人员”。")
    return found
