"""Setting the bot up: the guided questions of `init`, and the checks of single values that `doctor` shares."""
