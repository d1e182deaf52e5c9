//! Values made of files, remade when a file changes.
