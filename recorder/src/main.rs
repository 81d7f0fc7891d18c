//! The `recorder` program.

fn main() {}
