//! Where events go: the in-process publisher.
