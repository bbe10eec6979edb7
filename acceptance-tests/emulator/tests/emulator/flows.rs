//! The headless identity flows, as a client of the site makes them.

mod gates;
mod journal;
mod pairs;
mod shop;
mod tokens;
mod variants;
