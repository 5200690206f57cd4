from postloan.ground.access.operations._add_login import add_login

__all__ = ["add_login"]
