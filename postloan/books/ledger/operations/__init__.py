from postloan.books.ledger.operations._open_books import BooksAlreadyOpen, open_books
from postloan.books.ledger.operations._write_entry import Leg, NothingToPost, write_entry

__all__ = ["BooksAlreadyOpen", "Leg", "NothingToPost", "open_books", "write_entry"]
