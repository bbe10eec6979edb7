//! The headless identity flows, from the perspective of a client of the site.

mod gates;
mod journal;
mod pairs;
mod shop;
mod tokens;
mod variants;
