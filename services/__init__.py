"""The edges of the engine: server, sequencer, journal, client, command line. Only here are a clock and files."""
