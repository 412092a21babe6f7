"""Messages of the wire, generated from proto/ by services/generate_wire.py. Do not edit."""
