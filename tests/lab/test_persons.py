import re
import subprocess
import sys
from collections import Counter
from zoneinfo import available_timezones

from postloan.kernel.contact_points import normalised_email, normalised_phone
from postloan.lab.persons import STATES, InventedPeople

PEOPLE = InventedPeople(seed=7)
STATE_CODES = sorted(STATES)


def somebody(number: int):
    return PEOPLE.person(key=f"person-{number}", region=STATE_CODES[number % len(STATE_CODES)])


def test_nobody_can_be_reached_or_taken_for_real():
    for number in range(3_000):
        person = somebody(number)
        assert re.fullmatch(r"\+1[2-9]\d{2}55501\d{2}", person.phone)
        assert person.email.endswith(("@example.org", "@example.com", "@example.net", "@mail.example"))
        assert person.time_zone == STATES[person.region][0]
        if person.language == "zh-hans":
            assert any(word in person.name for word in ("示例", "虚构", "样本", "模拟", "演示", "假设"))
        else:
            assert re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+", person.name)


def test_contact_points_are_spelt_as_the_kernel_spells_them():
    for number in range(300):
        person = somebody(number)
        assert normalised_email(text=person.email) == person.email
        assert normalised_phone(text=person.phone, region="US") == person.phone


def test_time_zones_are_real():
    assert {zone for zone, _ in STATES.values()} <= available_timezones()


def test_some_are_written_to_in_chinese():
    languages = Counter(somebody(number).language for number in range(5_000))

    assert 0.10 < languages["zh-hans"] / 5_000 < 0.14
    assert set(languages) == {"en", "zh-hans"}


def test_the_same_seed_and_key_give_the_same_person_in_any_process():
    code = "from postloan.lab.persons import InventedPeople; print(InventedPeople(seed=7).person(key='person-5', region='CA'))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    assert said == str(PEOPLE.person(key="person-5", region="CA"))
    assert said != str(InventedPeople(seed=8).person(key="person-5", region="CA"))


def test_about_three_in_a_hundred_hold_two_or_three_loans_in_their_state():
    keys: list[str] = []
    regions: list[str] = []
    for block in range(20):
        ids = [f"{block}-{number}" for number in range(1_000)]
        states = [STATE_CODES[number % 10] for number in range(1_000)]
        keys += PEOPLE.owners(loan_ids=ids, regions=states)
        regions += states

    held = Counter(keys)
    shares = Counter(held.values())
    assert set(shares) == {1, 2, 3}
    assert 0.025 < (shares[2] + shares[3]) / len(held) < 0.045
    homes = {}
    assert all(homes.setdefault(key, region) == region for key, region in zip(keys, regions, strict=True))


def test_who_holds_what_does_not_depend_on_other_states():
    ids = [str(number) for number in range(200)]
    together = PEOPLE.owners(loan_ids=ids, regions=["CA", "NY"] * 100)
    alone = PEOPLE.owners(loan_ids=ids[::2], regions=["CA"] * 100)

    assert together[::2] == alone
