//! The server: `jit serve`.
