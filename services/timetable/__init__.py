"""The timetable: sessions of rule books as phases that a clock switches, one command each in the journal."""
