"""The demonstration: real auctions and a real trading session, played through a server as its clients."""
