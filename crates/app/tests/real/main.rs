//! The real binary, as an operator meets it: a file per subject.

mod dead_letters;
mod deliverer;
mod operator;
mod postgres;
mod redis;
mod running;
mod together;
