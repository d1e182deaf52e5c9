//! The program on real ELF files: itself, and small objects written here.

mod elf;
mod program;
