//! A broker that lies, and a cloud that disagrees, gain nothing.
