//! Read, apply and import of a union: the engine of each member reads its own components, and `engine/joint` sends all
//! changes together.

use super::{MemberDiagnostics, UnionPrivateState};
use crate::provider::diagnostics::{self, Diagnostics};
use crate::provider::engine::{self, Engine, Share};
use crate::provider::operations::{
    ApplyReply, ApplyRequest, ImportReply, ImportRequest, Imported, Private, ReadReply, ReadRequest,
};
use crate::provider::previous_orgs::Refreshed;
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::ResourceSpec;
use crate::provider::timeouts::{self, Operation};
use crate::provider::union_spec::{Member, UnionSpec};
use crate::value::Value;

/// A union in one org.
pub struct Union<E> {
    pub spec: &'static UnionSpec,
    /// The engine of a member.
    pub engine: E,
}

impl<'a, E: Fn(&'static ResourceSpec) -> Engine<'a>> Union<E> {
    /// Refreshes a state. If an error occurs, the state does not change.
    pub async fn read(&self, request: ReadRequest) -> ReadReply {
        let privates = UnionPrivateState::read(&request.private);
        let mut reply = request.as_before(Diagnostics::default());
        let mut combined = MemberDiagnostics::new(self.spec);
        let mut after = UnionPrivateState::default();
        let mut refreshed: Option<Refreshed> = None;
        for (index, member) in self.spec.members.iter().enumerate() {
            let private = privates.of(member);
            let is_wanted = member.block.is_none()
                || self.spec.is_there(member, &request.state)
                || PrivateState::read(&private).imported;
            if !is_wanted {
                continue;
            }
            let of_member = ReadRequest {
                type_name: member.spec.name.to_owned(),
                state: self.spec.view(member, &request.state),
                private,
                identity: request.identity.clone(),
            };
            let (read, of_previous) = (self.engine)(member.spec).read_part(of_member).await;
            refreshed = match (refreshed, of_previous) {
                (Some(one), Some(other)) => Some(one.and(other)),
                (one, other) => one.or(other),
            };
            let failed = read.diagnostics.has_errors();
            combined.extend(member, read.diagnostics);
            if failed {
                // If one member cannot be read, the whole state remains unchanged.
                return request.as_before(combined.found);
            }
            if index == 0 {
                reply.identity = read.identity;
                if read.state.is_null() {
                    self.report_previous_org(&request.state, refreshed, &mut combined).await;
                    return ReadReply { diagnostics: combined.found, ..ReadReply::default() };
                }
            }
            self.spec.put(member, &read.state, &mut reply.state);
            if !read.state.is_null() {
                after.put(member, &read.private);
            }
        }
        self.report_previous_org(&request.state, refreshed, &mut combined).await;
        reply.private = after.write();
        reply.diagnostics = combined.found;
        reply
    }

    /// Reports the differences from a previous org once for the union.
    async fn report_previous_org(
        &self,
        state: &Value,
        refreshed: Option<Refreshed>,
        combined: &mut MemberDiagnostics,
    ) {
        let (Some(refreshed), Some(first)) = (refreshed, self.spec.members.first()) else { return };
        let app = state.get(self.spec.naming_attribute()).as_text().unwrap_or_default();
        combined.extend(first, (self.engine)(first.spec).report_previous_org(app, &refreshed).await.into());
    }

    pub async fn apply(&self, request: ApplyRequest) -> ApplyReply {
        if request.planned.is_null() {
            return self.delete(request).await;
        }
        let managed =
            || self.spec.members.iter().filter(|member| self.spec.is_managed(member, &request.planned));
        let shares: Vec<Share<'_>> = managed().map(|member| self.share(member, &request)).collect();
        let create = request.prior.is_null();
        let operation = if create { Operation::Create } else { Operation::Update };
        let limit = timeouts::limit(&request.planned, operation, &self.spec.first().default_timeouts);
        let made = if create {
            let all = self.spec.members.iter();
            let unmanaged = all.filter(|member| !self.spec.is_managed(member, &request.planned));
            let unmanaged: Vec<&ResourceSpec> = unmanaged.map(|member| member.spec).collect();
            engine::create(&shares, &unmanaged, limit).await
        } else {
            engine::update(&shares, limit).await
        };
        let mut combined = MemberDiagnostics::new(self.spec);
        let replies = match made {
            Ok(replies) => replies,
            Err(rejected) => {
                let members: Vec<&Member> = managed().collect();
                for (index, found) in rejected {
                    if let Some(member) = members.get(index) {
                        combined.extend(member, found);
                    }
                }
                return request.as_before(combined.found);
            }
        };
        let mut reply = ApplyReply { state: self.spec.schema().block.empty(), ..ApplyReply::default() };
        let mut privates = UnionPrivateState::default();
        for (index, (member, own)) in managed().zip(replies).enumerate() {
            combined.extend(member, own.diagnostics);
            if index == 0 {
                reply.identity = own.identity;
                if own.state.is_null() {
                    reply.state = Value::Null;
                }
            }
            self.spec.put(member, &own.state, &mut reply.state);
            if !own.state.is_null() {
                privates.put(member, &own.private);
            }
        }
        if !reply.state.is_null() {
            reply.private = privates.write();
        }
        reply.diagnostics = Diagnostics::combined(combined.found);
        reply
    }

    fn share(&self, member: &'static Member, request: &ApplyRequest) -> Share<'a> {
        let prior = self.spec.prior_view(member, &request.prior);
        Share {
            creates_missing: true,
            engine: (self.engine)(member.spec),
            request: ApplyRequest {
                type_name: member.spec.name.to_owned(),
                planned: self.spec.view(member, &request.planned),
                config: self.spec.view(member, &request.config),
                private: UnionPrivateState::read(&request.private).of(member),
                identity: request.identity.clone(),
                prior,
            },
        }
    }

    /// Deleting the first member (the app) deletes the others.
    async fn delete(&self, request: ApplyRequest) -> ApplyReply {
        let Some(first) = self.spec.members.first() else { return ApplyReply::default() };
        let Share { engine, request: of_first, .. } = self.share(first, &request);
        let gone = engine.apply(ApplyRequest { planned: Value::Null, ..of_first }).await;
        let mut combined = MemberDiagnostics::new(self.spec);
        combined.extend(first, gone.diagnostics);
        if gone.state.is_null() {
            return ApplyReply { diagnostics: combined.found, ..ApplyReply::default() };
        }
        request.as_before(combined.found)
    }

    /// Imports the first member (the app), and the other members that exist.
    pub async fn import(&self, request: ImportRequest) -> ImportReply {
        let Some(first) = self.spec.members.first() else { return ImportReply::default() };
        let type_name = request.type_name.clone();
        let of_first = ImportRequest { type_name: first.spec.name.to_owned(), ..request };
        let reply = (self.engine)(first.spec).import(of_first).await;
        let mut combined = MemberDiagnostics::new(self.spec);
        combined.extend(first, reply.diagnostics);
        let Some(imported) = reply.imported.into_iter().next() else {
            return ImportReply { diagnostics: combined.found, ..ImportReply::default() };
        };
        let mut state = self.spec.schema().block.empty();
        self.spec.put(first, &imported.state, &mut state);
        let mut privates = UnionPrivateState::default();
        privates.put(first, &imported.private);
        for member in self.spec.members.iter().skip(1) {
            let of_member = ReadRequest {
                type_name: member.spec.name.to_owned(),
                state: self.spec.view(member, &state),
                private: import_of_member(),
                identity: imported.identity.clone(),
            };
            let read = (self.engine)(member.spec).read(of_member).await;
            let failed = read.diagnostics.has_errors();
            combined.extend(member, read.diagnostics);
            if failed {
                return ImportReply { diagnostics: combined.found, ..ImportReply::default() };
            }
            if read.state.is_null() && member.block.is_none() {
                let app = imported.state.get(self.spec.naming_attribute()).as_text().unwrap_or_default();
                combined.extend(member, diagnostics::incomplete_app(first.spec, member.spec, app).into());
                return ImportReply { diagnostics: combined.found, ..ImportReply::default() };
            }
            if !read.state.is_null() {
                self.spec.put(member, &read.state, &mut state);
                privates.put(member, &read.private);
            }
        }
        // Terraform reads an imported resource again, and that read returns the diagnostics.
        let identity = imported.identity;
        ImportReply {
            imported: vec![Imported { type_name, state, private: privates.write(), identity }],
            diagnostics: Diagnostics::default(),
        }
    }
}

/// The private state of a member that is not managed yet. With it, the state gets all values in the org.
pub(super) fn import_of_member() -> Private {
    PrivateState { imported: true, ..PrivateState::default() }.write()
}
