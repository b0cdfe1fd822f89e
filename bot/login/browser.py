"""Opening an address in a browser with a window, where there is one."""

import webbrowser


def show(address: str) -> bool:
    """Open an address and return whether that seems to have worked; one that would take over the terminal is left."""
    try:
        controller = webbrowser.get()
    except webbrowser.Error:
        return False
    if type(controller) is webbrowser.GenericBrowser:  # lynx, w3m: they run in this terminal
        return False
    try:
        return controller.open(address)
    except (webbrowser.Error, OSError):
        return False
