"""`python -m bot`."""

from .command_line import leave, main

if __name__ == "__main__":
    leave(main())
