//! Where credentials rest: one file a store, and the choice between them.
