"""Take everything the bank has left."""

from dataclasses import dataclass, field
from datetime import date, datetime

from postloan.books.payments.bank_channel import bank
from postloan.books.payments.debit_models import BankFile
from postloan.books.payments.money_in import ValueDateInFuture
from postloan.books.payments.operations._take_bank_file import BankFileChanged, take_bank_file
from postloan.outside.bank.port import BankFileRefused


@dataclass
class BankPost:
    """
    What was taken, by file name: `taken` are new, `known` were taken before, `refused` with the reason,
    `early` wait for the books to be open for their day.
    """

    taken: dict[str, BankFile] = field(default_factory=dict)
    known: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    early: dict[str, str] = field(default_factory=dict)


def take_bank_files(*, on_date: date, by: str, at: datetime) -> BankPost:
    """
    Take each waiting file in a transaction of its own and return what became of each.

    A file that is refused is laid aside and does not hold up the others. A file is
    settled after it is committed: who dies in between takes it again and finds it known.
    """
    post = BankPost()
    for name in bank().waiting():
        content = bank().fetch(name=name)
        try:
            found = take_bank_file(content=content, on_date=on_date, by=by, at=at)
        except ValueDateInFuture as refusal:
            post.early[name] = str(refusal)
            continue
        except (BankFileRefused, BankFileChanged) as refusal:
            post.refused[name] = str(refusal)
            bank().settle(name=name, refused=True)
            continue
        bank().settle(name=name)
        if found.is_new:
            post.taken[name] = found.bank_file
        else:
            post.known.append(name)
    return post
