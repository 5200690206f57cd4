from postloan.books.positions.operations._snapshot_positions import snapshot_positions

__all__ = ["snapshot_positions"]
