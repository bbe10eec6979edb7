//! Import: from an app's API name, or from an identity, to a first state that Read fills.

use super::state::{Actual, PartState};
use super::{Engine, diagnostics, same_org};
use crate::metadata::{Readback, Rule};
use crate::provider::diagnostics::{Diagnostic, Diagnostics};
use crate::provider::operations::{ImportReply, ImportRequest, Imported, ReadRequest};
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::{DELETION_PROTECTION, ID, ORG_ID};
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
        let session = self.session().await?;
        let app = match &request.identity {
            Some(identity) if request.id.is_empty() => {
                let text = |name: &str| identity.get(name).as_text().filter(|text| !text.is_empty());
                if let Some(org) = text("org_id").filter(|org| !same_org(org, &session.org_id)) {
                    let name = text("name").unwrap_or_default();
                    let found =
                        diagnostics::import_other_org(name, org, &session.org_id_18, &session.instance);
                    return Err(found.into());
                }
                match (text("namespace"), text("name")) {
                    (Some(namespace), Some(name)) => format!("{namespace}__{name}"),
                    (None, Some(name)) => name.to_owned(),
                    (_, None) => return Err(diagnostics::import_id("").into()),
                }
            }
            _ => request.id.clone(),
        };
        self.check_id(&app)?;

        let unread = self.spec.rows().filter(|row| row.field.readback == Readback::Never);
        let private = PrivateState {
            imported: true,
            unread: unread.map(|row| row.field.attribute.to_owned()).collect(),
            ..PrivateState::default()
        };
        let mut state = self.spec.schema().block.empty();
        state.put(self.spec.app_attribute, app.as_str().into());
        state.put(ID, app.as_str().into());
        state.put(ORG_ID, session.org_id_18.as_str().into());
        if self.spec.protectable {
            state.put(DELETION_PROTECTION, false.into());
        }
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
        // Terraform reads what was imported once more; that read says what there is to say.
        Ok((imported, Diagnostics::default()))
    }

    /// An app's API name, with or without the namespace of a package.
    fn check_id(&self, id: &str) -> Result<(), Diagnostic> {
        let (namespace, name) = match id.split_once("__") {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, id),
        };
        let good = |text: &str| Rule::ApiName.check(&Value::text(text)).is_none();
        if !good(name) || !namespace.is_none_or(good) {
            return Err(diagnostics::import_id(id));
        }
        if let (Some(namespace), true) = (namespace, self.spec.protectable) {
            return Err(diagnostics::installed(self.spec.noun, id, namespace));
        }
        Ok(())
    }

    /// What cannot be read cannot be imported: its values would be guesses.
    pub(super) fn check_importable(&self, app: &str, actual: &Actual) -> Result<(), Diagnostic> {
        let unreadable = actual.parts.iter().find(|(_, state)| matches!(state, PartState::Unreadable));
        match unreadable {
            Some((part, _)) => Err(diagnostics::import_unreadable(app, part.kind.name)),
            None => Ok(()),
        }
    }
}
