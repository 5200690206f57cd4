from postloan.books.loans.operations._import_book import (
    MAX_ROWS,
    BadRowsFound,
    Imported,
    NothingToLoad,
    RejectsNotWritable,
    TapeChanged,
    import_book,
)
from postloan.books.loans.operations._open_loan import (
    BorrowerUnknown,
    Contract,
    ContractReused,
    DisbursedInFuture,
    KeptBackFromPayout,
    open_loan,
)

__all__ = [
    "MAX_ROWS",
    "BadRowsFound",
    "BorrowerUnknown",
    "Contract",
    "ContractReused",
    "DisbursedInFuture",
    "Imported",
    "KeptBackFromPayout",
    "NothingToLoad",
    "RejectsNotWritable",
    "TapeChanged",
    "import_book",
    "open_loan",
]
