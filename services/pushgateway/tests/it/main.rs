//! The program from outside.

mod start;
