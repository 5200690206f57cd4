"""DATABASE_URL is read strictly."""

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postloan.config.database.address import OPTIONS, DatabaseAddress, DatabaseUrlInvalid, parse_database_url


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("postgresql:///books", DatabaseAddress(name="books")),
        ("postgres://db/books", DatabaseAddress(name="books", host="db")),
        (
            "postgresql://lender:p%40ss%23word@db.example:6432/books?sslmode=require",
            DatabaseAddress(
                name="books",
                user="lender",
                password="p@ss#word",
                host="db.example",
                port=6432,
                options={"sslmode": "require"},
            ),
        ),
        ("postgresql://[::1]:5432/books", DatabaseAddress(name="books", host="::1", port=5432)),
        (
            "postgresql://lender@/books?host=/run/postgresql&port=5433",
            DatabaseAddress(name="books", user="lender", host="/run/postgresql", port=5433),
        ),
        ("postgresql://%2Frun%2Fpostgresql/books", DatabaseAddress(name="books", host="/run/postgresql")),
    ],
)
def test_an_address_says_what_it_spells(url: str, address: DatabaseAddress) -> None:
    assert parse_database_url(url=url) == address


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("mysql://db/books", "'mysql'"),
        ("books", "no scheme"),
        ("sqlite:///books.db", "'sqlite'"),
        ("postgresql://db", "no database"),
        ("postgresql://db/", "no database"),
        ("postgresql://db:abc/books", "(?i)port"),
        ("postgresql://db:99999/books", "(?i)port"),
        ("postgresql:///books?host=/run&port=0", "'port' is no port"),
        ("postgresql://db/books?sslmod=require", "unknown option 'sslmod'"),
        ("postgresql://db/books?sslmode=a&sslmode=b", "'sslmode' stands there twice"),
        ("postgresql://db/books?sslmode", "option=value"),
        ("postgresql://lender:se#cret@db/books", "%23"),
        ("postgresql://db/books/more", "'/'"),
        (" postgresql://db/books", "white space"),
        ("postgresql://db/my books", "white space"),
    ],
)
def test_a_slip_is_refused_and_named(url: str, part: str) -> None:
    with pytest.raises(DatabaseUrlInvalid, match=part):
        parse_database_url(url=url)


def test_no_message_repeats_the_password() -> None:
    for url in ("postgresql://lender:hunter2@db:abc/books", "postgresql://lender:hunter2/@db/books"):
        with pytest.raises(DatabaseUrlInvalid) as refusal:
            parse_database_url(url=url)
        assert "hunter2" not in str(refusal.value)
    assert "hunter2" not in repr(parse_database_url(url="postgresql://lender:hunter2@db/books"))


words = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Cs", "Zs", "Zl", "Zp", "Cc"])
)
addresses = st.builds(
    DatabaseAddress,
    name=words.filter(bool),
    user=words.filter(bool),
    password=words,
    host=st.sampled_from(["", "db.example", "::1", "/run/postgresql", "/tmp/with space"]),
    port=st.none() | st.integers(1, 65_535),
    options=st.dictionaries(st.sampled_from(sorted(OPTIONS)), words.filter(bool)),
)


@given(addresses)
def test_what_is_written_is_read_again(address: DatabaseAddress) -> None:
    assert parse_database_url(url=address.url()) == address


@given(addresses.filter(lambda address: "\x00" not in address.url()))
def test_libpq_reads_the_same(address: DatabaseAddress) -> None:
    read = psycopg.conninfo.conninfo_to_dict(address.url())

    assert read == {key: str(value) for key, value in address.connection_arguments().items()}
