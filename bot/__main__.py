"""`python -m bot`."""

from bot.command_line import leave, main

if __name__ == "__main__":
    leave(main())
