//! What decides requests and mints, seen from the client.
