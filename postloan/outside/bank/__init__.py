"""
The bank: the port, a fake, the messages of ISO 20022, and a simulated bank of our own. Needs no Django.

Vendors lie in `vendors/` and are named in settings by their path (settings.BANK).
"""
