//! Lists the resources of one type in an org, for `terraform query`.
//!
//! Without states, the provider queries records page by page and retrieves no files. With states, it retrieves the
//! files of a few thousand apps at a time (`org/inventory`) and creates states as an import does. Apps that cannot be
//! imported are omitted, with a warning. Each result is passed to Terraform immediately, until Terraform accepts no
//! more results.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::catalog::Managed;
use super::diagnostics::{self, Diagnostic, Diagnostics};
use super::list_spec::{Filter, ListSpec, Test};
use super::lists;
use super::operations::{ListRequest, Match, SendMatch};
use super::{engine, identity, union};
use crate::metadata::MetadataType;
use crate::org::soql::{quoted, text};
use crate::org::{Lookup, Org, QueryPage, Row, SessionFacts, Unavailable};
use crate::value::Value;

/// The minimum number of apps in a retrieve, even if the limit is smaller, because polling costs more than a few files.
const FEW: usize = 50;
/// The maximum number of apps that a message names.
const NAMED: usize = 10;

/// A running list operation.
pub struct Listing<'a> {
    spec: &'static ListSpec,
    managed: Managed,
    request: &'a ListRequest,
    org: &'a Org,
    session: SessionFacts,
    send_match: &'a SendMatch,
    sent: usize,
    left_out: Vec<(String, Diagnostics)>,
}

/// Lists all results, or as many as Terraform accepts.
///
/// # Errors
/// Returns an error if the org is not available. Results that were found before the error have been passed on.
pub async fn list(
    spec: &'static ListSpec,
    request: &ListRequest,
    org: &Org,
    send_match: &SendMatch,
) -> Result<Diagnostics, Diagnostics> {
    let Some(managed) = Managed::named(spec.name) else {
        return Err(diagnostics::unknown_type(spec.name).into());
    };
    let session = org.session().await.map_err(|error| Diagnostics::from(diagnostics::unavailable(&error)))?;
    let mut listing =
        Listing { spec, managed, request, org, session, send_match, sent: 0, left_out: Vec::new() };
    if request.include_resource || !listing.by_records().await? {
        listing.by_files().await?;
    }
    Ok(listing.warnings())
}

/// The record of an app.
struct Record {
    id: String,
    /// The API name, with the namespace if the app is installed from a package.
    name: String,
    label: String,
}

impl Listing<'_> {
    /// Lists the apps from their records, without retrieving files. Returns false, without passing on results, if the
    /// org does not have these records or does not show them.
    async fn by_records(&mut self) -> Result<bool, Diagnostics> {
        let mut owners = Vec::new();
        for group in self.managed.needed_kinds() {
            match self.owners(&group).await {
                Ok(Some(found)) => owners.push(found),
                Ok(None) => {}
                Err(error) if error.is_a_rejection() => return Ok(false),
                Err(error) => return Err(diagnostics::unavailable(&error).into()),
            }
        }
        let mut next = Some(self.apps());
        while let Some(page) = next.take() {
            let (records, further) = match self.records(&page).await {
                Ok(found) => found,
                Err(error) if error.is_a_rejection() && self.sent == 0 => return Ok(false),
                Err(error) => return Err(diagnostics::unavailable(&error).into()),
            };
            for record in records {
                let has_all = owners.iter().all(|owners| owners.contains(&record.id));
                if has_all && !self.hand_on(&record.name, &record.label, None).await {
                    return Ok(true);
                }
            }
            next = further;
        }
        Ok(true)
    }

    /// The record IDs of the apps that have a component of one of these types. Returns `None` if every app has such a
    /// component.
    async fn owners(&self, kinds: &[&'static MetadataType]) -> Result<Option<HashSet<String>>, Unavailable> {
        let mut owners = HashSet::new();
        // The first query is for the object that an org is least likely to have, so that a rejection costs one call.
        for kind in kinds.iter().rev() {
            let Some((_, object)) = lists::RECORDS.iter().find(|(of, _)| *of == *kind) else {
                return Ok(None);
            };
            let column = lists::OWNER_COLUMN;
            let mut next = Some(QueryPage::First(format!("SELECT {column} FROM {object}")));
            while let Some(page) = next.take() {
                let (rows, further) = self.org.query_page(&page).await?;
                owners.extend(rows.iter().filter_map(|row| text(row, column)).map(str::to_owned));
                next = further;
            }
        }
        Ok(Some(owners))
    }

    /// Lists files, with states if they are requested.
    async fn by_files(&mut self) -> Result<(), Diagnostics> {
        let has_the_app = self.managed.kinds().iter().any(|kind| kind.name == lists::APPS);
        let labels =
            if has_the_app && self.conditions().is_empty() { None } else { self.labels(has_the_app).await? };
        let files_suffice = has_the_app && labels.is_none();
        let only = labels.as_ref().map(|labels| labels.keys().cloned().collect::<BTreeSet<_>>());
        let needed = self.managed.needed_kinds();
        let unreadable = |error: &_| Diagnostics::from(diagnostics::not_listed(error));
        let inventory = self.org.inventory(&self.managed.kinds(), only).await;
        let mut inventory = inventory.map_err(|error| unreadable(&error))?;
        inventory.keep(|app| self.is_asked_for(app));
        let mut few = FEW;
        loop {
            let missing = self.request.limit.map_or(usize::MAX, |limit| limit.saturating_sub(self.sent));
            few = few.max(missing);
            let stock = inventory.next(few, &needed).await.map_err(|error| unreadable(&error))?;
            let Some(stock) = stock else { return Ok(()) };
            for (app, lookups) in stock {
                let state = match lookups {
                    Ok(lookups) => self.state(&app, &lookups),
                    Err(error) => Err(diagnostics::unreadable(self.noun(), &app, &error).into()),
                };
                let state = match state {
                    Ok(Some(state)) if files_suffice && !self.has_what_is_asked_for(&state) => continue,
                    Ok(Some(state)) => state,
                    Ok(None) => continue,
                    Err(found) => {
                        self.left_out.push((app, found));
                        continue;
                    }
                };
                let shown = state.get(lists::LABEL_ATTRIBUTE).as_text().filter(|_| has_the_app);
                let shown = shown.or_else(|| labels.as_ref()?.get(&app).map(String::as_str));
                let shown = shown.unwrap_or_default().to_owned();
                if !self.hand_on(&app, &shown, Some(state)).await {
                    return Ok(());
                }
            }
            few = few.saturating_mul(2);
        }
    }

    fn state(&self, app: &str, lookups: &[Lookup]) -> Result<Option<Value>, Diagnostics> {
        match self.managed {
            Managed::Metadata(spec) => engine::listed(spec, app, &self.session, lookups),
            Managed::Union(spec) => union::listed(spec, app, &self.session, lookups),
            Managed::Rotation => Ok(None),
        }
    }

    fn noun(&self) -> &'static str {
        self.managed.made_of().first().map_or("app", |listed| listed.spec.noun)
    }

    /// Passes on a result. Returns false if no more results are accepted.
    async fn hand_on(&mut self, app: &str, label: &str, state: Option<Value>) -> bool {
        let is_full = |sent: usize| self.request.limit.is_some_and(|limit| sent >= limit);
        if is_full(self.sent) {
            return false;
        }
        let display_name =
            if label.is_empty() || label == app { app.to_owned() } else { format!("{label} ({app})") };
        let found = Match {
            identity: identity::value(self.managed.subject(), app, &self.session.org_id_18),
            display_name,
            resource: state.filter(|_| self.request.include_resource),
        };
        self.sent = self.sent.saturating_add(1);
        (self.send_match)(found).await && !is_full(self.sent)
    }

    /// The labels of the selected apps, by name. `files_may_suffice` means that the files contain the same information.
    /// Returns `None` if the org does not support the query and the labels are not required, or if the files suffice
    /// and there is more than one page of records.
    async fn labels(
        &mut self,
        files_may_suffice: bool,
    ) -> Result<Option<BTreeMap<String, String>>, Diagnostics> {
        let mut labels = BTreeMap::new();
        let mut next = Some(self.apps());
        while let Some(page) = next.take() {
            let (records, further) = match self.records(&page).await {
                Ok(found) => found,
                // Without filters, the records only provide the labels, and the names are sufficient.
                Err(error)
                    if error.is_a_rejection() && (files_may_suffice || self.conditions().is_empty()) =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(diagnostics::unavailable(&error).into()),
            };
            labels.extend(records.into_iter().map(|record| (record.name, record.label)));
            let more_are_taken = self.request.limit.is_none_or(|limit| limit > labels.len());
            if files_may_suffice && further.is_some() && more_are_taken {
                return Ok(None);
            }
            next = further;
        }
        Ok(Some(labels))
    }

    /// Applies the filters to a state. The comparison ignores case, as queries do.
    fn has_what_is_asked_for(&self, state: &Value) -> bool {
        let compared = self.written().filter(|(filter, _)| filter.test != Test::Begins);
        compared.into_iter().all(|(filter, written)| {
            let text = state.get(filter.own.name).as_text().unwrap_or_default();
            text.to_lowercase() == written.to_lowercase()
        })
    }

    /// The query for the selected apps.
    fn apps(&self) -> QueryPage {
        let (name, namespace, label) = (lists::NAME_COLUMN, lists::NAMESPACE_COLUMN, lists::LABEL_COLUMN);
        let mut soql = format!("SELECT Id, {name}, {label}, {namespace} FROM {}", lists::APPS);
        let conditions = self.conditions();
        if !conditions.is_empty() {
            soql.push_str(" WHERE ");
            soql.push_str(&conditions.join(" AND "));
        }
        soql.push_str(&format!(" ORDER BY {name}"));
        QueryPage::First(soql)
    }

    /// The conditions of the filters that a query supports.
    fn conditions(&self) -> Vec<String> {
        let condition = |(filter, written): (&Filter, &str)| match (filter.test, written) {
            (Test::Begins, _) => None,
            (Test::IsOrNone, "") => Some(format!("{} = null", filter.column)),
            _ => Some(format!("{} = {}", filter.column, quoted(written))),
        };
        self.written().filter_map(condition).collect()
    }

    /// The filters that are set.
    fn written(&self) -> impl Iterator<Item = (&'static Filter, &str)> {
        let config = &self.request.config;
        self.spec.filters.iter().filter_map(|filter| Some((filter, config.get(filter.own.name).as_text()?)))
    }

    /// Whether the name of an app matches the filters and the app can be managed.
    fn is_asked_for(&self, app: &str) -> bool {
        let (namespace, bare) = match app.split_once("__") {
            Some((namespace, bare)) => (Some(namespace), bare),
            None => (None, app),
        };
        let begins = self
            .written()
            .filter(|(filter, _)| filter.test == Test::Begins)
            .all(|(_, text)| bare.starts_with(text));
        begins && !(self.managed.is_of_own_apps() && namespace.is_some())
    }

    /// A page of the selected apps.
    async fn records(&self, page: &QueryPage) -> Result<(Vec<Record>, Option<QueryPage>), Unavailable> {
        let (rows, next) = self.org.query_page(page).await?;
        let names = self.org.full_names(&rows, lists::NAME_COLUMN).await?;
        let records = rows.iter().zip(names).filter_map(|(row, name)| self.record(row, name?));
        Ok((records.collect(), next))
    }

    fn record(&self, row: &Row, name: String) -> Option<Record> {
        let label = text(row, lists::LABEL_COLUMN).unwrap_or_default().to_owned();
        let id = text(row, "Id")?.to_owned();
        self.is_asked_for(&name).then_some(Record { id, name, label })
    }

    /// The warning about omitted apps.
    fn warnings(self) -> Diagnostics {
        let Some((_, reasons)) = self.left_out.first() else {
            return Diagnostics::default();
        };
        let reason = reasons.0.iter().find(|found| found.is_error());
        let reason: Option<&Diagnostic> = reason.or_else(|| reasons.0.first());
        let apps: Vec<&str> = self.left_out.iter().map(|(app, _)| app.as_str()).collect();
        let named: Vec<&str> = apps.iter().copied().take(NAMED).collect();
        let more = apps.len().saturating_sub(named.len());
        diagnostics::incomplete_list(self.spec.name, &named, more, reason).into()
    }
}
