//! Plans as data: what a configuration and a state come to.
