//! `salesforce_oauth_client`: an app, its OAuth settings and its policies as one resource.

use std::sync::OnceLock;

use super::{external_client_app, oauth_settings, policies};
use crate::provider::union_spec::{Member, MemberBlock, UnionSpec};

pub static SPEC: UnionSpec = UnionSpec {
    name: "salesforce_oauth_client",
    doc: "A whole External Client App: the app, its OAuth settings with the consumer, and its policies. A single \
          deploy creates, changes or deletes all of it.\n\nUse this resource if one team owns the app. If developers \
          and administrators manage it separately, use `salesforce_external_client_app`, \
          `salesforce_external_client_app_oauth_settings` and `salesforce_external_client_app_policies`. Do not use \
          both kinds of resources for the same app.\n\nDestroying or replacing the resource deletes the app, its \
          consumer key and all its tokens. The consumer secret is not part of any attribute, state or plan.",
    members: &[
        Member { spec: &external_client_app::SPEC, block: None },
        Member { spec: &oauth_settings::SPEC, block: None },
        Member {
            spec: &policies::SPEC,
            block: Some(MemberBlock {
                name: "policies",
                doc: "Who can use the app, how long tokens are valid, where users can log in from, and which plugins \
                      are enabled. Without this block, the policies are not managed: a new app gets Salesforce's \
                      default policies, and existing policies do not change. An import adds the policies to the state. \
                      If the configuration has no such block, the first plan removes them from the state and does not \
                      change the org. With a `dynamic` block, the number of blocks must be known during plan.",
            }),
        },
    ],
    schema: OnceLock::new(),
};
