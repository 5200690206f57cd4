"""What accountants ask of the ledger: daily sums, the lender's own account names, files for other programs."""
