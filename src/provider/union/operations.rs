//! Read, apply and import of a union: each member's engine does its own, changes go together (`engine/joint`).

use super::{Privates, Told};
use crate::provider::diagnostics::{self, Diagnostics};
use crate::provider::engine::{self, Engine, Share};
use crate::provider::operations::{
    ApplyReply, ApplyRequest, ImportReply, ImportRequest, Imported, Private, ReadReply, ReadRequest,
};
use crate::provider::previous_orgs::Anew;
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
    /// Refreshes a state. On any error the state stays as it is.
    pub async fn read(&self, request: ReadRequest) -> ReadReply {
        let privates = Privates::read(&request.private);
        let mut reply = ReadReply {
            state: request.state.clone(),
            private: request.private.clone(),
            identity: request.identity.clone(),
            diagnostics: Diagnostics::default(),
        };
        let mut told = Told::new(self.spec);
        let mut after = Privates::default();
        let mut anew: Option<Anew> = None;
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
            anew = match (anew, of_previous) {
                (Some(one), Some(other)) => Some(one.and(other)),
                (one, other) => one.or(other),
            };
            let failed = read.diagnostics.has_errors();
            told.extend(member, read.diagnostics);
            if failed {
                // What one of them cannot tell is not known of the whole.
                return ReadReply {
                    state: request.state,
                    private: request.private,
                    identity: request.identity,
                    diagnostics: told.found,
                };
            }
            if index == 0 {
                reply.identity = read.identity;
                if read.state.is_null() {
                    self.tell_anew(&request.state, anew, &mut told).await;
                    return ReadReply { diagnostics: told.found, ..ReadReply::default() };
                }
            }
            self.spec.put(member, &read.state, &mut reply.state);
            if !read.state.is_null() {
                after.put(member, &read.private);
            }
        }
        self.tell_anew(&request.state, anew, &mut told).await;
        reply.private = after.write();
        reply.diagnostics = told.found;
        reply
    }

    /// Says once of the whole what is different from the org that its state was of.
    async fn tell_anew(&self, state: &Value, anew: Option<Anew>, told: &mut Told) {
        let (Some(anew), Some(whole)) = (anew, self.spec.members.first()) else { return };
        let app = state.get(self.spec.naming_attribute()).as_text().unwrap_or_default();
        told.extend(whole, (self.engine)(whole.spec).tell_anew(app, &anew).await.into());
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
        let limit = timeouts::limit(&request.planned, operation, &self.spec.whole().default_timeouts);
        let made = if create {
            let all = self.spec.members.iter();
            let unmanaged = all.filter(|member| !self.spec.is_managed(member, &request.planned));
            let unmanaged: Vec<&ResourceSpec> = unmanaged.map(|member| member.spec).collect();
            engine::create(&shares, &unmanaged, limit).await
        } else {
            engine::update(&shares, limit).await
        };
        let mut told = Told::new(self.spec);
        let replies = match made {
            Ok(replies) => replies,
            Err(refused) => {
                let members: Vec<&Member> = managed().collect();
                for (index, found) in refused {
                    if let Some(member) = members.get(index) {
                        told.extend(member, found);
                    }
                }
                return self.as_before(request, told.found);
            }
        };
        let mut reply = ApplyReply { state: self.spec.schema().block.empty(), ..ApplyReply::default() };
        let mut privates = Privates::default();
        for (index, (member, own)) in managed().zip(replies).enumerate() {
            told.extend(member, own.diagnostics);
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
        reply.diagnostics = told.found;
        reply
    }

    fn share(&self, member: &'static Member, request: &ApplyRequest) -> Share<'a> {
        let prior = self.spec.prior_view(member, &request.prior);
        Share {
            engine: (self.engine)(member.spec),
            request: ApplyRequest {
                type_name: member.spec.name.to_owned(),
                planned: self.spec.view(member, &request.planned),
                config: self.spec.view(member, &request.config),
                private: Privates::read(&request.private).of(member),
                identity: request.identity.clone(),
                prior,
            },
        }
    }

    /// The whole takes the others along.
    async fn delete(&self, request: ApplyRequest) -> ApplyReply {
        let Some(whole) = self.spec.members.first() else { return ApplyReply::default() };
        let Share { engine, request: of_the_whole } = self.share(whole, &request);
        let gone = engine.apply(ApplyRequest { planned: Value::Null, ..of_the_whole }).await;
        let mut told = Told::new(self.spec);
        told.extend(whole, gone.diagnostics);
        if gone.state.is_null() {
            return ApplyReply { diagnostics: told.found, ..ApplyReply::default() };
        }
        self.as_before(request, told.found)
    }

    fn as_before(&self, request: ApplyRequest, diagnostics: Diagnostics) -> ApplyReply {
        let (state, private, identity) = (request.prior, request.private, request.identity);
        ApplyReply { state, private, identity, diagnostics }
    }

    /// Imports the whole; then all of the others that is there.
    pub async fn import(&self, request: ImportRequest) -> ImportReply {
        let Some(whole) = self.spec.members.first() else { return ImportReply::default() };
        let type_name = request.type_name.clone();
        let of_the_whole = ImportRequest { type_name: whole.spec.name.to_owned(), ..request };
        let reply = (self.engine)(whole.spec).import(of_the_whole).await;
        let mut told = Told::new(self.spec);
        told.extend(whole, reply.diagnostics);
        let Some(imported) = reply.imported.into_iter().next() else {
            return ImportReply { diagnostics: told.found, ..ImportReply::default() };
        };
        let mut state = self.spec.schema().block.empty();
        self.spec.put(whole, &imported.state, &mut state);
        let mut privates = Privates::default();
        privates.put(whole, &imported.private);
        for member in self.spec.members.iter().skip(1) {
            let of_member = ReadRequest {
                type_name: member.spec.name.to_owned(),
                state: self.spec.view(member, &state),
                private: import_of_member(),
                identity: imported.identity.clone(),
            };
            let read = (self.engine)(member.spec).read(of_member).await;
            let failed = read.diagnostics.has_errors();
            told.extend(member, read.diagnostics);
            if failed {
                return ImportReply { diagnostics: told.found, ..ImportReply::default() };
            }
            if read.state.is_null() && member.block.is_none() {
                let app = imported.state.get(self.spec.naming_attribute()).as_text().unwrap_or_default();
                told.extend(member, diagnostics::no_whole_to_import(whole.spec, member.spec, app).into());
                return ImportReply { diagnostics: told.found, ..ImportReply::default() };
            }
            if !read.state.is_null() {
                self.spec.put(member, &read.state, &mut state);
                privates.put(member, &read.private);
            }
        }
        // Terraform reads what was imported once more; that read says what there is to say.
        let identity = imported.identity;
        ImportReply {
            imported: vec![Imported { type_name, state, private: privates.write(), identity }],
            diagnostics: Diagnostics::default(),
        }
    }
}

/// Of a member that nobody has managed yet: everything that the org has is taken into the state.
pub(super) fn import_of_member() -> Private {
    PrivateState { imported: true, ..PrivateState::default() }.write()
}
