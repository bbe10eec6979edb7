//! Follows.
use super::*;
impl Inner {
    pub(super) async fn apply(self: Arc<Self>, _: Vec<Change>, _: Instant) -> Result<Applied, ApplyError> {
        Err(ApplyErrorKind::NotSent.into())
    }
}
