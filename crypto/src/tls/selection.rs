//! From configured lists to what is offered.
