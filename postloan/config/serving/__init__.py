"""
`postloan run`: one supervisor, and under it the database, the mailbox, the
simulated bank, the worker and the site, each a process of its own.

state.py knows what runs and who holds it; supervisor.py keeps children alive;
running.py is the order of things; child.py is what each child does;
waiting_site.py answers while there is no site yet; commands.py are the doors.
"""
