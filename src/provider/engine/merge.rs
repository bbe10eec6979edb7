//! Writing into what is there. A file is replaced as a whole, so what is ours is merged into what was read; and when
//! somebody else writes the same file at the same time, neither may lose what the other wrote.
//!
//! Usually the org layer notices before anything is sent for good, and the merge begins anew. Seldom it notices when it
//! is too late: then what was lost is put back.

use super::apply::{Apply, NotDone, Sent};
use super::state::{Actual, PartState, Wishes, component_of_state, component_to_write};
use super::{Engine, diagnostics};
use crate::org::{Change, Freshness, Overwritten};
use crate::provider::diagnostics::Diagnostics;
use crate::provider::operations::ApplyReply;
use crate::provider::plan;
use crate::provider::resource_spec::Part;

/// How often somebody may be quicker.
const MOST_TRIES: u32 = 10;

impl Engine<'_> {
    /// Makes of what is there what is planned.
    ///
    /// # Errors
    /// When it is certain that nothing was changed.
    pub(super) async fn merge(
        &self,
        apply: &Apply<'_>,
        wishes: &Wishes<'_>,
        mut actual: Actual,
    ) -> Result<ApplyReply, Diagnostics> {
        let mut lost: Vec<Overwritten> = Vec::new();
        let mut tries: u32 = 0;
        loop {
            tries = tries.saturating_add(1);
            let changes = self.changes(wishes, &actual, apply, &lost);
            if changes.is_empty() {
                return Ok(self.compared(apply, &actual, Sent::done()).await);
            }
            match self.send_surely(apply, wishes, changes).await {
                Ok(Sent::Done(overwritten)) if !overwritten.is_empty() && tries < MOST_TRIES => {
                    lost.extend(overwritten);
                }
                Ok(sent) => return Ok(self.conclude(apply, sent).await),
                Err(NotDone::Outdated) if tries < MOST_TRIES => {}
                // What was made before stands.
                Err(_) if !lost.is_empty() => return Ok(self.conclude(apply, Sent::done()).await),
                Err(refused) => return Err(self.not_done(apply.app, refused)),
            }
            let (app, private, session) = (apply.app, &apply.private, apply.session);
            actual = match self.look_up(app, private, session, Freshness::Now, apply.deadline).await {
                Ok(actual) if actual.exists() => actual,
                _ if !lost.is_empty() => return Ok(self.conclude(apply, Sent::done()).await),
                Ok(_) => return Err(diagnostics::gone_since_plan(self.spec.noun, app).into()),
                Err(found) => return Err(found),
            };
        }
    }

    /// What to send, so that what is there becomes what is planned, and what was lost of others comes back.
    pub(super) fn changes(
        &self,
        wishes: &Wishes<'_>,
        actual: &Actual,
        apply: &Apply<'_>,
        lost: &[Overwritten],
    ) -> Vec<Change> {
        let changes = actual.parts.iter().filter_map(|(part, state)| match state {
            PartState::Present(found) => {
                let read = &found.component;
                let lost = lost.iter().filter(|lost| lost.read.key == read.key);
                let whole = lost.fold(read.clone(), |whole, lost| whole.restore(&lost.read, &lost.was));
                // What cannot be read may have to be written although all that can be read stays.
                let component = if whole == *read {
                    component_to_write(wishes, part, read)?
                } else {
                    whole.merge(&wishes.of(part, Some(&whole)))
                };
                Some(Change::Replace { read: read.clone(), component })
            }
            PartState::Unreadable => self.change_of_unreadable(wishes, part, apply),
            PartState::Absent => None,
        });
        changes.collect()
    }

    /// A part that may not be read is written from what the state knows, and only when something of it changes.
    fn change_of_unreadable(
        &self,
        wishes: &Wishes<'_>,
        part: &'static Part,
        apply: &Apply<'_>,
    ) -> Option<Change> {
        let changed = plan::changed_rows(self.spec, wishes.prior, wishes.planned);
        if !changed.iter().any(|row| row.part.kind == part.kind) {
            return None;
        }
        let name = apply.private.parts.get(part.kind.name).cloned();
        let name = name.unwrap_or_else(|| format!("{}{}", apply.app, part.suffix));
        let known = component_of_state(wishes.prior, part, &name, apply.app);
        Some(Change::Write(known.merge(&wishes.of(part, Some(&known)))))
    }
}
