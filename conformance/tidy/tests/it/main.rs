//! Every check of the house, run on the tree as it is.

mod gates;
mod house;
mod planted;
