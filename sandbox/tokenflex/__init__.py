"""The local stand-in of the Token Flex Usage Data API and of Autodesk's OAuth v2."""
