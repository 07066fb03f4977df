//! Every attack that the rules of trust name, against a running broker. None gains anything.
