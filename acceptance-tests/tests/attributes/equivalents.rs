//! Two ways to write the same thing: no endless diff.
