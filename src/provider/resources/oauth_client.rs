//! `salesforce_oauth_client`: an app, its OAuth settings and its policies as one resource.

use std::sync::OnceLock;

use super::{external_client_app, oauth_settings, policies};
use crate::provider::union_spec::{Member, MemberBlock, UnionSpec};

pub static SPEC: UnionSpec = UnionSpec {
    name: "salesforce_oauth_client",
    doc: "A whole External Client App: the app, its OAuth settings with the consumer, and its policies. One deploy creates \
          it, changes anything of it and deletes it, and what needs each other changes together.\n\nFor whoever owns an \
          app alone. Where developers and admins work apart, `salesforce_external_client_app`, \
          `salesforce_external_client_app_oauth_settings` and `salesforce_external_client_app_policies` manage its parts \
          one by one. One app is for one kind of them only.\n\nDestroying or replacing it deletes the app, its consumer key \
          and every token that was issued for it. The consumer secret is in no attribute, no state and no plan.",
    members: &[
        Member { spec: &external_client_app::SPEC, block: None },
        Member { spec: &oauth_settings::SPEC, block: None },
        Member {
            spec: &policies::SPEC,
            block: Some(MemberBlock {
                name: "policies",
                doc: "Who may use the app, how long tokens live, from where, and which of its plugins are on. Left out: not \
                      managed, the org's policies stay. Salesforce makes policies with its defaults for an app that comes \
                      without this block. An import takes them into the state, and where the configuration has no such block, the first plan \
                      takes them out again and leaves the org as it is. In a `dynamic` block Terraform must know in the plan whether \
                      it is there.",
            }),
        },
    ],
    schema: OnceLock::new(),
};
