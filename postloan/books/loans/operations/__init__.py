from postloan.books.loans.operations._import_book import (
    MAX_ROWS,
    BadRowsFound,
    Imported,
    NothingToLoad,
    RejectsNotWritable,
    TapeChanged,
    import_book,
)

__all__ = ["MAX_ROWS", "BadRowsFound", "Imported", "NothingToLoad", "RejectsNotWritable", "TapeChanged", "import_book"]
