//! Tests of the tables and their interpreters.
