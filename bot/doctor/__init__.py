"""`python -m bot doctor`: one small file for each group of checks; `examination` puts them together."""

from bot.doctor.examination import examine

__all__ = ["examine"]
