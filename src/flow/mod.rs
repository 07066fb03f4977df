//! One file a verb: the steps, in order, over the traits below.
