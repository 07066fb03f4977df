//! Direct roles: what the person's own cloud identity may already assume.
