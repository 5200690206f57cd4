"""
The address of a database, read strictly.

`DATABASE_URL` is typed by hand into unit files and consoles, and a slip in it
(`sslmod=require`, a `#` in a password) must not quietly connect somewhere
else. So every part is checked, unknown options are refused by name, and no
message repeats the password.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

SCHEMES = ("postgresql", "postgres")

# Options of libpq that a lender may need in an address. `host` and `port` may stand here as well: libpq allows
# `postgresql:///books?host=/run/postgresql`.
OPTIONS = frozenset(
    {
        "application_name",
        "channel_binding",
        "connect_timeout",
        "gssencmode",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "options",
        "passfile",
        "sslcert",
        "sslcrl",
        "sslkey",
        "sslmode",
        "sslrootcert",
        "target_session_attrs",
        "tcp_user_timeout",
    }
)


class DatabaseUrlInvalid(ValueError):
    """DATABASE_URL does not name a PostgreSQL database; the message says which part is wrong."""


@dataclass(frozen=True, kw_only=True)
class DatabaseAddress:
    """One PostgreSQL database: where it is, who asks, and the options of the connection."""

    name: str
    user: str = ""
    password: str = field(default="", repr=False)
    host: str = ""
    port: int | None = None
    options: dict[str, str] = field(default_factory=dict)

    def settings(self) -> dict[str, Any]:
        """Return the address as an entry of Django's DATABASES."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": self.name,
            "USER": self.user,
            "PASSWORD": self.password,
            "HOST": self.host,
            "PORT": "" if self.port is None else str(self.port),
            "OPTIONS": dict(self.options),
        }

    def url(self) -> str:
        """Return the address as a connection URI for libpq and ADBC; it contains the password."""
        login = quote(self.user, safe="")
        if self.password:
            login += ":" + quote(self.password, safe="")
        query = dict(self.options)
        place = ""
        if self.host.startswith("/"):
            query["host"] = self.host
            if self.port is not None:
                query["port"] = str(self.port)
        else:
            place = f"[{self.host}]" if ":" in self.host else self.host
            place += "" if self.port is None else f":{self.port}"
        tail = "?" + urlencode(query, quote_via=quote, safe="/") if query else ""
        return f"postgresql://{login + '@' if login else ''}{place}/{quote(self.name, safe='')}{tail}"

    def connection_arguments(self) -> dict[str, Any]:
        """Return the address as keyword arguments of `psycopg.connect`."""
        parts = {
            "dbname": self.name,
            "user": self.user,
            "password": self.password,
            "host": self.host,
            "port": self.port,
        }
        return {key: value for key, value in parts.items() if value} | self.options


def parse_database_url(*, url: str) -> DatabaseAddress:
    """
    Return the address that `url` spells: `postgresql://user:password@host:port/database?option=value`.

    Special characters are percent-encoded. Raises DatabaseUrlInvalid, naming
    the part, for another scheme, a missing database, a port that is no port,
    an unknown or repeated option, a fragment or white space.
    """
    if url != url.strip() or any(character.isspace() for character in url):
        raise DatabaseUrlInvalid("DATABASE_URL contains white space; write %20 where it is meant")
    if "#" in url:
        raise DatabaseUrlInvalid("DATABASE_URL contains '#'; write %23 where it is part of a name or a password")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # its text may be a piece of the password
        raise DatabaseUrlInvalid("DATABASE_URL: what stands after the host is no port, or a bracket is open") from None
    if parts.scheme not in SCHEMES:
        raise DatabaseUrlInvalid(
            f"DATABASE_URL begins with {parts.scheme or 'no scheme'!r}; Postloan runs on PostgreSQL only "
            "(postgresql://user:password@host:port/database)"
        )
    name = unquote(parts.path.removeprefix("/"))
    if not name:
        raise DatabaseUrlInvalid("DATABASE_URL names no database; it goes after the host: …@host:5432/postloan")
    if "/" in parts.path.removeprefix("/"):
        raise DatabaseUrlInvalid("DATABASE_URL: the name of the database contains '/'; write %2F where it is meant")
    options = _options(query=parts.query)
    host = options.pop("host", None) or unquote(parts.hostname or "")
    if "port" in options:
        port = _port(text=options.pop("port"))
    return DatabaseAddress(
        name=name,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        host=host,
        port=port,
        options=options,
    )


def _options(*, query: str) -> dict[str, str]:
    """Return the options after the question mark; unknown and repeated ones are refused by name."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise DatabaseUrlInvalid("DATABASE_URL: after '?' come option=value, joined by '&'") from None
    options: dict[str, str] = {}
    for key, value in pairs:
        if key not in OPTIONS | {"host", "port"}:
            raise DatabaseUrlInvalid(f"DATABASE_URL: unknown option {key!r}; known are {', '.join(sorted(OPTIONS))}")
        if key in options:
            raise DatabaseUrlInvalid(f"DATABASE_URL: option {key!r} stands there twice")
        options[key] = value
    return options


def _port(*, text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise DatabaseUrlInvalid("DATABASE_URL: the option 'port' is no port")
    return int(text)
