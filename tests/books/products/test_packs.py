"""The packs that come with Postloan read like their contracts, and a file that is no pack is refused by field."""

from datetime import date

import pytest

from postloan.books.products.packs import FOLDER, PackRefused, pack_files, read_pack
from postloan.kernel.offers import make_offer

PACKS = {pack.code: pack for pack in (read_pack(file=file) for file in pack_files(name="cn"))}


def rows(code: str, *, amount_minor: int, instalments: int, start_date: date):
    pack = PACKS[code]
    offer = make_offer(
        product=pack.terms,
        terms=pack.offer,
        amount_minor=amount_minor,
        instalments=instalments,
        start_date=start_date,
    )
    return [(row.due_date, row.principal_minor, row.interest_minor) for row in offer.schedule.rows]


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_each_pack_brings_its_texts_in_both_languages_and_no_fee_kept_back(pack):
    brought = {(text.code, text.language) for text in pack.texts}

    assert brought == {(code, language) for code in pack.offer.texts for language in ("zh-hans", "en")}
    assert pack.offer.jurisdiction == "CN"
    assert pack.offer.kept_back is None
    assert (pack.terms.penalty.rate_ppm, pack.terms.penalty.grace_days) == (500, 3)


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_every_price_of_every_pack_stays_under_its_cost_cap(pack):
    for price in pack.offer.prices:
        offer = make_offer(
            product=pack.terms,
            terms=pack.offer,
            amount_minor=1_000_000,
            instalments=price.instalments,
            start_date=date(2024, 1, 31),
        )
        assert offer.annual_rates.china_nominal <= pack.offer.cost_cap_ppm


def test_the_cash_loan_bears_interest_by_the_day_and_falls_due_on_the_day_it_was_drawn():
    found = rows("cn_instalment_cash_loan", amount_minor=1_000_000, instalments=3, start_date=date(2024, 1, 31))

    # 31 January, 29 February, 31 March, 30 April; 0.04 % a day on 10,000.00 for 29 days is 116.00.
    assert [day for day, _, _ in found] == [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]
    assert found[0][2] == 11_600
    assert len({principal + interest for _, principal, interest in found[:-1]}) == 1


def test_the_interest_only_loan_repays_all_principal_with_its_last_row():
    found = rows("cn_interest_only_loan", amount_minor=1_000_000, instalments=3, start_date=date(2024, 3, 4))

    assert found == [
        (date(2024, 4, 4), 0, 12_400),
        (date(2024, 5, 4), 0, 12_000),
        (date(2024, 6, 4), 1_000_000, 12_400),
    ]


def test_the_bullet_loan_is_one_payment_after_so_many_months():
    found = rows("cn_bullet_loan", amount_minor=1_000_000, instalments=3, start_date=date(2024, 3, 4))

    # 92 days at 0.04 % a day.
    assert found == [(date(2024, 6, 4), 1_000_000, 36_800)]


def test_pay_later_is_free_for_thirty_days():
    found = rows("cn_pay_later_30_days", amount_minor=29_900, instalments=1, start_date=date(2024, 1, 31))

    assert found == [(date(2024, 3, 1), 29_900, 0)]


def test_pay_later_in_instalments_is_priced_by_the_month():
    found = rows("cn_pay_later_instalments", amount_minor=120_000, instalments=3, start_date=date(2024, 3, 4))

    # 0.9 % a month on what is still owed: 10.80, then on the rest.
    assert found[0][2] == 1_080
    assert sum(principal for _, principal, _ in found) == 120_000
    assert len(found) == 3


@pytest.mark.parametrize(
    ("bought", "due"),
    [
        (date(2024, 3, 1), date(2024, 4, 10)),
        (date(2024, 3, 31), date(2024, 4, 10)),
        (date(2024, 4, 1), date(2024, 5, 10)),
        (date(2024, 2, 29), date(2024, 3, 10)),
        (date(2023, 2, 28), date(2023, 3, 10)),
        (date(2024, 12, 31), date(2025, 1, 10)),
        (date(2024, 12, 1), date(2025, 1, 10)),
    ],
)
def test_a_month_s_purchases_are_due_on_the_tenth_of_the_next(bought, due):
    assert rows("cn_monthly_bill", amount_minor=8_800, instalments=1, start_date=bought) == [(due, 8_800, 0)]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("[terms]", "[terms]\ngrace = 3"), "terms.grace"),
        (('jurisdiction = "CN"', 'jurisdiction = "CN"\nkept_back = { ppm = 20000, rule = "owed" }'), "not owed"),
        (("amount_to_minor = 20000000", "amount_to_minor = 1"), "amount_to_minor"),
        (('code = "cn_instalment_cash_loan"', ""), "code"),
        (("[terms]", "[terms"), "pack.toml"),
    ],
)
def test_a_file_that_is_no_pack_is_refused_by_the_field(tmp_path, change, told):
    text = (FOLDER / "cn" / "instalment_cash_loan.toml").read_text(encoding="utf-8")
    assert change[0] in text
    file = tmp_path / "pack.toml"
    file.write_text(text.replace(*change, 1), encoding="utf-8")

    with pytest.raises(PackRefused, match=told):
        read_pack(file=file)


def test_a_name_that_is_neither_a_file_nor_a_set_is_refused():
    with pytest.raises(PackRefused, match="cn"):
        pack_files(name="atlantis")
