//! The program `stack` from outside, with a stand-in for the services so that they can be made to fail at will.

mod detached;
mod faults;
mod fleet;
mod foreground;
mod refusals;
mod stand_in;
mod workbench;
