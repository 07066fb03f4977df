//! The cloud that `jit demo` and tests talk to when there is none.
