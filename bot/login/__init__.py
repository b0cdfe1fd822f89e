"""The Autodesk login: signing in, keeping it, noticing its loss."""
