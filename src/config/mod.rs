//! Finding and layering settings; the list of environment variables.
