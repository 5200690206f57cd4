"""Live pages: what changes is told to those who look at it, over one stream of server-sent events a page."""
