"""A day of a venue as a supervisor looks at it (监管日报): prices, volumes, concentration, refusals, halts, rounds.

`fold` collects the day's events, `figures` makes them a report of plain values, `pictures` and `files` write it down.
"""

from services.audit.day.figures import DayReport, report_of_day
from services.audit.day.files import day_files

__all__ = ["DayReport", "day_files", "report_of_day"]
