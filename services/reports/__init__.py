"""Reports of a round or a session: results notice, pictures, console tables, JSON. All figures are exact."""
