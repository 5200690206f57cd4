"""
Taking over a book: a lender's tape in, loans in the books out.

A tape is read twice. The first reading (`surveying`) counts it, hashes it and
finds what occurs twice; the second reads it a block at a time, and for each
block the text becomes figures (`columns`, `checking`), the figures become a
position on a plan (`positions`), and that becomes rows of the database
(`preparing`, `people`), which `loading` writes and `tie_out` compares with the
tape. `docs/rules/import.md` has the rules.
"""
