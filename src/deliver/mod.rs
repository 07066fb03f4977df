//! How a lease reaches a program.
