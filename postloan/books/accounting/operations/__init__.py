from postloan.books.accounting.operations._sum_postings import sum_postings

__all__ = ["sum_postings"]
