"""`python -m bot`."""

import sys

if __name__ == "__main__":
    if sys.platform == "win32":
        sys.exit("The bot does not run on Windows itself; run it there in WSL or in a container, see docs/install.md.")
    from bot.command_line import leave, main

    leave(main())
