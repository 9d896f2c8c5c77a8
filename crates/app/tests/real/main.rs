//! The real binary, as an operator meets it: a file per subject.

mod bench;
mod dead_letters;
mod deliverer;
mod doctor_of_docks;
mod events;
mod operator;
mod postgres;
mod queues_doctor;
mod redis;
mod running;
mod together;
