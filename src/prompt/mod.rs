//! The prompt segment and the grant index that it reads.
