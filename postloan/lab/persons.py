"""
Invented people for a book whose tape names nobody.

Whoever meets one of them should see at once that they are invented: surnames
such as Quillmere or Thistlewick, Chinese names that say 示例 (example) or 虚构
(fictitious), e-mail at domains reserved for examples (RFC 2606) and telephone
numbers from 555-0100 to 555-0199, which the North American Numbering Plan keeps
for fiction. The same seed and key give the same person, in any process.
"""

import hashlib
from dataclasses import dataclass

from postloan.books.loans.importing.blocks import Person

CHINESE_PER_MILLE = 120  # of the people are written to in Chinese
TWO_LOANS_PER_MILLE = 26  # of the people take a second loan of their neighbourhood, if there is one
THREE_LOANS_PER_MILLE = 8  # … or two more
LONG_ID = 60  # longer ids of loans do not fit into the key of a person, which is made of a hash then

FIRST_NAMES = (
    "Ada", "Basil", "Clover", "Dorian", "Elowen", "Fennel", "Greta", "Hollis", "Ines", "Jasper", "Kestrel", "Linnea",
    "Marlow", "Nettie", "Orson", "Primrose", "Quincy", "Rowan", "Sable", "Tamsin", "Umber", "Verity", "Wren", "Yarrow",
)  # fmt: skip
SURNAME_BEGINNINGS = (
    "Quill", "Thistle", "Feather", "Bramble", "Copper", "Velvet", "Walnut", "Pebble", "Lantern", "Marzipan", "Button",
    "Crumpet", "Dapple", "Tinker", "Willow", "Mossy",
)  # fmt: skip
SURNAME_ENDS = ("mere", "wick", "worthy", "bottom", "snap", "field", "quist", "hollow")
CHINESE_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
CHINESE_WORDS = ("示例", "虚构", "样本", "模拟", "演示", "假设")
MAIL_DOMAINS = ("example.org", "example.com", "example.net", "mail.example")

# State: time zone of most of its people, and some of its area codes.
STATES: dict[str, tuple[str, str]] = {
    "AK": ("America/Anchorage", "907"),
    "AL": ("America/Chicago", "205 251 256"),
    "AR": ("America/Chicago", "479 501 870"),
    "AZ": ("America/Phoenix", "480 520 602 623"),
    "CA": ("America/Los_Angeles", "209 213 310 323 408 415 510 530 559 619 650 707 714 760 805 818 831 858 909 916"),
    "CO": ("America/Denver", "303 719 720 970"),
    "CT": ("America/New_York", "203 860"),
    "DC": ("America/New_York", "202"),
    "DE": ("America/New_York", "302"),
    "FL": ("America/New_York", "239 305 321 352 386 407 561 727 772 813 850 863 904 941"),
    "GA": ("America/New_York", "229 404 478 706 770 912"),
    "HI": ("Pacific/Honolulu", "808"),
    "IA": ("America/Chicago", "319 515 563 641 712"),
    "ID": ("America/Boise", "208"),
    "IL": ("America/Chicago", "217 309 312 618 630 708 773 815 847"),
    "IN": ("America/Indiana/Indianapolis", "219 260 317 574 765 812"),
    "KS": ("America/Chicago", "316 620 785 913"),
    "KY": ("America/New_York", "270 502 606 859"),
    "LA": ("America/Chicago", "225 318 337 504 985"),
    "MA": ("America/New_York", "413 508 617 781 978"),
    "MD": ("America/New_York", "240 301 410 443"),
    "ME": ("America/New_York", "207"),
    "MI": ("America/Detroit", "231 248 269 313 517 586 616 734 810 989"),
    "MN": ("America/Chicago", "218 320 507 612 651 763 952"),
    "MO": ("America/Chicago", "314 417 573 636 660 816"),
    "MS": ("America/Chicago", "228 601 662"),
    "MT": ("America/Denver", "406"),
    "NC": ("America/New_York", "252 336 704 828 910 919"),
    "ND": ("America/Chicago", "701"),
    "NE": ("America/Chicago", "308 402"),
    "NH": ("America/New_York", "603"),
    "NJ": ("America/New_York", "201 609 732 856 908 973"),
    "NM": ("America/Denver", "505 575"),
    "NV": ("America/Los_Angeles", "702 775"),
    "NY": ("America/New_York", "212 315 516 518 585 607 631 716 718 845 914"),
    "OH": ("America/New_York", "216 330 419 440 513 614 740 937"),
    "OK": ("America/Chicago", "405 580 918"),
    "OR": ("America/Los_Angeles", "503 541"),
    "PA": ("America/New_York", "215 412 570 610 717 724 814"),
    "RI": ("America/New_York", "401"),
    "SC": ("America/New_York", "803 843 864"),
    "SD": ("America/Chicago", "605"),
    "TN": ("America/Chicago", "423 615 731 865 901 931"),
    "TX": ("America/Chicago", "210 214 254 281 361 409 512 713 806 817 830 903 915 936 940 956 972"),
    "UT": ("America/Denver", "435 801"),
    "VA": ("America/New_York", "276 434 540 703 757 804"),
    "VT": ("America/New_York", "802"),
    "WA": ("America/Los_Angeles", "206 253 360 425 509"),
    "WI": ("America/Chicago", "262 414 608 715 920"),
    "WV": ("America/New_York", "304"),
    "WY": ("America/Denver", "307"),
}
ELSEWHERE = ("America/New_York", "202 212")


@dataclass(frozen=True)
class InventedPeople:
    """People made up from a seed. Of a thousand, some thirty hold two or three loans of one neighbourhood and state."""

    seed: int

    def owners(self, *, loan_ids: list[str], regions: list[str]) -> list[str]:
        """Return for each loan the key of the person who holds it: `person-` and the id of their first loan."""
        waiting: dict[str, tuple[str, int]] = {}
        keys = []
        for loan_id, region in zip(loan_ids, regions, strict=True):
            key, more = waiting.get(region, ("", 0))
            if more:
                waiting[region] = (key, more - 1)
            else:
                key = f"person-{loan_id if len(loan_id) <= LONG_ID else _Dice(loan_id).below(16**20)}"
                waiting[region] = (key, self._further_loans(key))
            keys.append(key)
        return keys

    def person(self, *, key: str, region: str) -> Person:
        """Return the person with this key, who lives in `region` (a state of the US)."""
        dice = _Dice(f"{self.seed}:person:{key}")
        time_zone, area_codes = STATES.get(region, ELSEWHERE)
        is_chinese = dice.below(1000) < CHINESE_PER_MILLE
        first = dice.choice(FIRST_NAMES)
        surname = dice.choice(SURNAME_BEGINNINGS) + dice.choice(SURNAME_ENDS)
        chinese_name = dice.choice(CHINESE_SURNAMES) + dice.choice(CHINESE_WORDS)
        mail_name = "borrower" if is_chinese else f"{first}.{surname}".lower()
        return Person(
            name=chinese_name if is_chinese else f"{first} {surname}",
            email=f"{mail_name}.{dice.below(16**6):06x}@{dice.choice(MAIL_DOMAINS)}",
            phone=f"+1{dice.choice(area_codes.split())}55501{dice.below(100):02d}",
            language="zh-hans" if is_chinese else "en",
            time_zone=time_zone,
            region=region,
        )

    def _further_loans(self, key: str) -> int:
        draw = _Dice(f"{self.seed}:loans:{key}").below(1000)
        if draw < THREE_LOANS_PER_MILLE:
            return 2
        return 1 if draw < THREE_LOANS_PER_MILLE + TWO_LOANS_PER_MILLE else 0


class _Dice:
    """Numbers that follow from a text: the same on every machine and in every version of Python."""

    def __init__(self, text: str) -> None:
        self._left = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "big")

    def below(self, limit: int) -> int:
        self._left, drawn = divmod(self._left, limit)
        return drawn

    def choice(self, choices: "tuple[str, ...] | list[str] | str") -> str:
        return choices[self.below(len(choices))]
