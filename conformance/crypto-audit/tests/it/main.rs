//! The program on real ELF files: itself, and small objects written here.

mod corpus;
mod elf;
mod foreign;
mod program;
