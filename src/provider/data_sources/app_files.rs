//! The metadata files of an app. A file that Salesforce does not return is not an error here, because the user may have
//! access only to the policies.

use std::collections::BTreeMap;

use crate::org::{Freshness, Instant, Lookup, Org, ReadError, SessionFacts, Wanted};
use crate::provider::engine::is_linked;
use crate::provider::engine::state::{Actual, PartState, StateContext, state_from};
use crate::provider::resource_spec::{Part, Presence, ResourceSpec};
use crate::value::Value;

/// Whether a file exists in the org.
pub enum File {
    Present,
    Absent,
    Unreadable { why: String },
}

/// One resource of an app, as read from the org.
pub struct Resource {
    pub spec: &'static ResourceSpec,
    /// The values of all attributes. Attributes of missing files are null.
    pub values: Value,
    files: Vec<(&'static Part, File)>,
    actual: Actual,
}

impl Resource {
    /// The file that contains an attribute.
    pub fn file_of(&self, attribute: &str) -> Option<&File> {
        let row = self.spec.row(attribute)?;
        self.files.iter().find(|(part, _)| part.kind == row.part.kind).map(|(_, file)| file)
    }

    /// Whether any file of the resource exists.
    pub fn is_there(&self) -> bool {
        self.files.iter().any(|(_, file)| matches!(file, File::Present))
    }

    /// Whether no file of the resource exists.
    pub fn is_absent(&self) -> bool {
        self.files.iter().all(|(_, file)| matches!(file, File::Absent))
    }

    /// The attributes, except those that exist only in Terraform, such as timeouts.
    pub fn attributes(&self) -> Value {
        let names = self.spec.rows().map(|row| row.field.attribute);
        Value::object(names.map(|name| (name, self.values.get(name).clone())))
    }

    /// The metadata types that cannot be read, each with the reason.
    pub fn not_readable(&self) -> BTreeMap<String, Value> {
        let unreadable = self.files.iter().filter_map(|(part, file)| match file {
            File::Unreadable { why } => Some((part.kind.name.to_owned(), Value::text(why))),
            _ => None,
        });
        unreadable.collect()
    }

    /// The record ID of the first file that exists, if Salesforce returned one.
    pub fn record_id(&self) -> Option<&str> {
        self.actual.first_found().map(|found| found.file.id.as_str()).filter(|id| !id.is_empty())
    }
}

/// Why the files of an app could not be read.
pub enum AppFilesError {
    /// The org cannot be read, or a file of the app cannot be decoded.
    Unread(ReadError),
    /// The app in the org has this name, which differs from the requested name only in case.
    OtherCase { name: String },
}

/// Reads these resources of one app from the snapshot.
pub async fn read(
    org: &Org,
    session: &SessionFacts,
    specs: &[&'static ResourceSpec],
    app: &str,
    deadline: Instant,
) -> Result<Vec<Resource>, AppFilesError> {
    let parts = specs.iter().flat_map(|spec| spec.parts);
    let wanted: Vec<Wanted> = parts.map(|part| Wanted::new(part.kind, app)).collect();
    let lookups = org.read(&wanted, Freshness::Snapshot, deadline).await.map_err(AppFilesError::Unread)?;
    if let Some(name) = lookups.iter().find_map(Lookup::name_in_other_case) {
        return Err(AppFilesError::OtherCase { name: name.to_owned() });
    }
    let mut lookups = lookups.into_iter();
    let mut resources = Vec::new();
    for spec in specs {
        resources.push(resource(spec, app, session, lookups.by_ref().take(spec.parts.len())));
    }
    Ok(resources)
}

fn resource(
    spec: &'static ResourceSpec,
    app: &str,
    session: &SessionFacts,
    lookups: impl Iterator<Item = Lookup>,
) -> Resource {
    let (mut files, mut actual) = (Vec::new(), Actual { parts: Vec::new(), others: 0 });
    for (part, lookup) in spec.parts.iter().zip(lookups) {
        let (file, state) = match lookup {
            Lookup::Found(found) => (File::Present, PartState::Present(found)),
            Lookup::Absent { .. } if is_hidden(spec, part, &actual, session) => {
                let why = format!("the org does not return the {} of the app", part.kind.name);
                (File::Unreadable { why }, PartState::Unreadable)
            }
            Lookup::Absent { .. } => (File::Absent, PartState::Absent),
            Lookup::Hidden { why } => (File::Unreadable { why }, PartState::Unreadable),
            // `read` has returned an error.
            Lookup::OtherCase { .. } => (File::Absent, PartState::Absent),
            Lookup::Several(names) => {
                let why = format!("several components belong to the app: {}", names.join(", "));
                (File::Unreadable { why }, PartState::Unreadable)
            }
        };
        files.push((part, file));
        actual.parts.push((part, state));
    }
    let context = StateContext::of_import(spec, app, &session.org_id_18);
    let mut values = state_from(&context, &actual, &Value::Null);
    for row in spec.rows() {
        // A default applies to an element that a file omits, not to a missing file.
        if !matches!(actual.part(row.part), PartState::Present(_)) {
            values.put(row.field.attribute, Value::Null);
        }
    }
    Resource { spec, values, files, actual }
}

/// Whether a file that was not found exists in the org. If an app has OAuth settings, it also has a consumer, unless it
/// uses the consumer of another org.
fn is_hidden(spec: &ResourceSpec, part: &Part, actual: &Actual, session: &SessionFacts) -> bool {
    part.presence == Presence::MayBeUnreadable && actual.exists() && !is_linked(spec, actual, session)
}
