"""For administrators and hosts: how things stand, and how to mend them."""
