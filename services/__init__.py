"""The edges of the engine: server, sequencer, journal, client and command line. Only here is there a clock or a file."""
