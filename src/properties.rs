//! Properties that hold for any input. A property is a function that takes bytes and panics if the property does not
//! hold for them.
//!
//! A fuzzer (`fuzz/`, one target per property) and proptest (`properties/tests.rs`) check the properties. Each property
//! is defined next to the code that it tests. The released program does not contain them.

use std::fmt;

pub use crate::metadata::properties::{metadata_xml, packages};
pub use crate::org::property::quoting;
pub use crate::plugin::properties::{handshake, msgpack, requests, states};
pub use crate::provider::properties::{connected_app, private_state};
pub use crate::redact::property::holds_for as redactor;
pub use crate::salesforce::properties::{keys, rest, soap};

/// A property and its name, which is also the name of the fuzz target.
pub type Property = (&'static str, fn(&[u8]));

pub const ALL: &[Property] = &[
    ("connected_app", connected_app),
    ("handshake", handshake),
    ("keys", keys),
    ("metadata_xml", metadata_xml),
    ("msgpack", msgpack),
    ("packages", packages),
    ("private_state", private_state),
    ("quoting", quoting),
    ("redactor", redactor),
    ("requests", requests),
    ("rest", rest),
    ("soap", soap),
    ("states", states),
];

/// Derives decisions from bytes, in order. After the last byte, every decision is zero.
#[derive(Clone, Debug)]
pub(crate) struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub fn new(data: &'a [u8]) -> Choices<'a> {
        Choices(data)
    }

    pub fn byte(&mut self) -> usize {
        let byte = self.0.first().copied().unwrap_or_default();
        self.0 = self.0.get(1..).unwrap_or_default();
        usize::from(byte)
    }

    /// A number below `end`, or zero if `end` is zero.
    pub fn below(&mut self, end: usize) -> usize {
        let wide = if end > 256 { self.byte().saturating_mul(256) } else { 0 };
        wide.saturating_add(self.byte()).checked_rem(end).unwrap_or_default()
    }

    pub fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == of.saturating_sub(1)
    }

    pub fn of<T: Copy + Default>(&mut self, several: &[T]) -> T {
        let at = self.below(several.len());
        several.get(at).copied().unwrap_or_default()
    }

    pub fn bytes(&mut self, most: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(self.below(most.saturating_add(1)).min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub fn text(&mut self, most: usize) -> String {
        String::from_utf8_lossy(self.bytes(most)).into_owned()
    }

    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// `bytes` with a few changes.
    pub fn mutated(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len().max(1));
            match self.below(6) {
                0 => bytes.truncate(at),
                1 => {
                    let more = self.bytes(8).to_vec();
                    bytes.splice(at.min(bytes.len())..at.min(bytes.len()), more);
                }
                2 => {
                    let end = at.saturating_add(self.below(16)).min(bytes.len());
                    bytes.drain(at.min(end)..end);
                }
                3 => {
                    let end = at.saturating_add(self.below(64)).min(bytes.len());
                    let again = bytes.get(at.min(end)..end).unwrap_or_default().to_vec();
                    bytes.splice(at.min(end)..at.min(end), again);
                }
                way => {
                    let byte = u8::try_from(self.byte()).unwrap_or_default();
                    if let Some(place) = bytes.get_mut(at) {
                        *place = if way == 4 { byte } else { *place ^ (1 << (byte % 8)) };
                    }
                }
            }
        }
        bytes
    }
}

/// Panics with this message, because a property does not hold.
#[track_caller]
pub(crate) fn broken(what: impl fmt::Display) {
    let holds = false;
    assert!(holds, "{what}");
}

#[cfg(test)]
mod tests;
