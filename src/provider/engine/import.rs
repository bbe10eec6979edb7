//! Import: creates a first state from an ID or an identity, which a read then completes.

use super::read::actual;
use super::state::{Actual, PartState, StateContext, state_from};
use super::{Engine, diagnostics};
use crate::org::{Instant, Lookup, SessionFacts};
use crate::provider::diagnostics::{Diagnostic, Diagnostics};
use crate::provider::identity;
use crate::provider::operations::{ImportReply, ImportRequest, Imported, ReadRequest};
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::{DELETION_PROTECTION, ID, ORG_ID, ResourceSpec, Subject};
use crate::provider::timeouts::{self, Operation};
use crate::record_id::{is_org_id, is_same};
use crate::value::Value;

impl Engine<'_> {
    pub async fn import(&self, request: ImportRequest) -> ImportReply {
        let mut reply = ImportReply::default();
        match self.imported(&request).await {
            Ok((imported, warnings)) => {
                reply.imported.push(imported);
                reply.diagnostics = warnings;
            }
            Err(found) => reply.diagnostics = found,
        }
        reply
    }

    async fn imported(&self, request: &ImportRequest) -> Result<(Imported, Diagnostics), Diagnostics> {
        let limit = timeouts::limit(&Value::Null, Operation::Read, &self.spec.default_timeouts);
        let deadline = Instant::now() + limit;
        let session = self.org.unless_stopped(self.session(deadline)).await;
        let session =
            session.unwrap_or_else(|| Err(diagnostics::read_interrupted(self.spec.noun, &request.id)))?;
        let app = match &request.identity {
            Some(identity) if request.id.is_empty() => self.named_by_identity(identity, &session)?,
            _ => self.named_by_id(&request.id, &session)?,
        };

        let private = PrivateState { imported: true, ..PrivateState::default() };
        let state = first_state(self.spec, &app, &session);
        let type_name = request.type_name.clone();
        let read =
            ReadRequest { type_name: type_name.clone(), state, private: private.write(), identity: None };
        let read = self.read(read).await;
        if read.diagnostics.has_errors() {
            return Err(read.diagnostics);
        }
        if read.state.is_null() {
            return Err(diagnostics::nothing_to_import(self.spec.noun, &app, &session.instance).into());
        }
        let imported =
            Imported { type_name, state: read.state, private: read.private, identity: read.identity };
        // Terraform reads an imported resource again, and that read returns the diagnostics.
        Ok((imported, Diagnostics::default()))
    }

    /// The app or org of an identity.
    fn named_by_identity(&self, identity: &Value, session: &SessionFacts) -> Result<String, Diagnostic> {
        identity::check_org(identity, self.spec.noun, session, self.previous_orgs)?;
        if self.spec.subject == Subject::Org {
            return Ok(session.org_id_18.clone());
        }
        let app = identity::app_of(identity, self.spec.noun, session, self.previous_orgs)?;
        self.check_id(&app)?;
        Ok(app)
    }

    /// The app or org of an import ID. The ID is the API name of an app or, for org settings, their name or the ID of
    /// the org.
    fn named_by_id(&self, id: &str, session: &SessionFacts) -> Result<String, Diagnostic> {
        if self.spec.subject != Subject::Org {
            self.check_id(id)?;
            return Ok(id.to_owned());
        }
        let member = self.spec.parts.iter().find_map(|part| part.kind.settings_member).unwrap_or_default();
        let is_org_id = is_org_id(id);
        let here = || is_same(id, &session.org_id) || self.previous_orgs.name(id);
        if id == member || is_org_id && here() {
            Ok(session.org_id_18.clone())
        } else if is_org_id {
            Err(diagnostics::import_other_org(self.spec.noun, id, &session.org_id_18, &session.instance))
        } else {
            Err(diagnostics::import_org_id(id, member))
        }
    }

    /// Checks that an ID is the API name of an app, with or without a namespace.
    fn check_id(&self, id: &str) -> Result<(), Diagnostic> {
        identity::check_app(id)?;
        if let (Some((namespace, _)), true) = (id.split_once("__"), self.spec.protectable) {
            return Err(diagnostics::installed(self.spec.noun, id, namespace));
        }
        Ok(())
    }
}

/// The first state of an import.
fn first_state(spec: &ResourceSpec, app: &str, session: &SessionFacts) -> Value {
    let mut state = spec.schema().block.empty();
    state.put(spec.subject_attribute(), app.into());
    state.put(ID, app.into());
    state.put(ORG_ID, session.org_id_18.as_str().into());
    if spec.protectable {
        state.put(DELETION_PROTECTION, false.into());
    }
    state
}

/// Returns an error if a part is unreadable, because its values cannot be imported.
pub(super) fn check_importable(app: &str, actual: &Actual) -> Result<(), Diagnostic> {
    let unreadable = actual.parts.iter().find(|(_, state)| matches!(state, PartState::Unreadable));
    match unreadable {
        Some((part, _)) => Err(diagnostics::import_unreadable(app, part.kind.name)),
        None => Ok(()),
    }
}

/// The state that an import would have, from existing lookups. Returns `None` if the resource does not exist.
///
/// # Errors
/// Returns the errors that the import would return.
pub fn listed(
    spec: &'static ResourceSpec,
    app: &str,
    session: &SessionFacts,
    lookups: &[Lookup],
) -> Result<Option<Value>, Diagnostics> {
    let actual = actual(spec, app, session, lookups)?;
    if !actual.exists() {
        return Ok(None);
    }
    check_importable(app, &actual)?;
    let context = StateContext::of_import(spec, app, &session.org_id_18);
    Ok(Some(state_from(&context, &actual, &first_state(spec, app, session))))
}
