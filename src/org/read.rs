//! Follows.
use super::*;
impl Inner {
    pub(super) async fn read(&self, _: &[Wanted], _: Freshness) -> Result<Vec<Lookup>, ReadError> {
        Err(ReadErrorKind::Deadline.into())
    }
}
