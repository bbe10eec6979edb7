//! Requirements on other resources, because of which an org rejects a change. They are data, one row per requirement. A
//! row is matched with a message from Salesforce.
//!
//! A plan checks only some of these requirements (`neighbors.rs`), because the other resource may be planned later, or another configuration
//! may manage it. Salesforce's messages are not documented and may change. A row applies only if the planned value
//! meets its condition. Rows whose words the message contains take precedence over rows for messages with several
//! causes.

use super::catalog;
use super::combination::Condition;
use super::resource_spec::ResourceSpec;
use crate::value::Value;

/// One requirement of an attribute.
#[derive(Debug)]
pub struct RejectionCause {
    /// The rejected resource. `at` is the attribute that the error points at.
    pub of: &'static str,
    pub at: &'static str,
    /// The condition on the planned value of the attribute.
    pub planned: Condition,
    /// The row matches a message that contains all words of one of these lists, ignoring case.
    pub phrases: &'static [&'static [&'static str]],
    /// Words in messages that may have several causes.
    pub may_mean: &'static [&'static str],
    pub requirement: Requirement,
    pub who: Who,
}

/// The requirement.
#[derive(Debug)]
pub enum Requirement {
    /// A value of an attribute of another resource.
    Attribute { of: &'static str, attribute: &'static str, value: &'static str },
    /// A requirement that no resource manages, or that concerns several attributes.
    Other(&'static str),
}

/// Who can make the required change.
#[derive(Clone, Copy, Debug)]
pub enum Who {
    Developer,
    AppAdmin,
    OrgAdmin,
}

impl Who {
    pub fn text(self) -> &'static str {
        match self {
            Who::Developer => "a developer of the app",
            Who::AppAdmin => "a policy administrator",
            Who::OrgAdmin => "an administrator of the org",
        }
    }
}

const APP: &str = "salesforce_external_client_app";
const SETTINGS: &str = "salesforce_external_client_app_oauth_settings";
const POLICIES: &str = "salesforce_external_client_app_policies";
const ORG: &str = "salesforce_org_oauth_oidc_settings";

const VAGUE: &[&str] = &["invalid plugin settings"];
const VAGUE_ON_GUESTS: &[&str] =
    &["invalid plugin settings", "isguestcodecredflowenabled", "guest user", "guest flow"];

pub static REJECTION_CAUSES: &[RejectionCause] = &[
    RejectionCause {
        of: SETTINGS,
        at: "code_credential_flow_enabled",
        planned: Condition::True,
        phrases: &[
            &["oauthcdcrdtflowenable"],
            &["oauthoidc"],
            &["iscodecredflowenabled"],
            &["code and credentials flow"],
        ],
        may_mean: VAGUE,
        requirement: Requirement::Attribute {
            of: ORG,
            attribute: "code_credential_flow_enabled",
            value: "true",
        },
        who: Who::OrgAdmin,
    },
    RejectionCause {
        of: SETTINGS,
        at: "code_credential_flow_enabled",
        planned: Condition::False,
        phrases: &[&["isguestcodecredflowenabled", "iscodecredflowenabled"]],
        may_mean: VAGUE_ON_GUESTS,
        requirement: Requirement::Attribute {
            of: POLICIES,
            attribute: "guest_code_credential_flow_enabled",
            value: "false",
        },
        who: Who::AppAdmin,
    },
    RejectionCause {
        of: SETTINGS,
        at: "named_user_jwt_enabled",
        planned: Condition::False,
        phrases: &[&["isguestcodecredflowenabled", "isnameduserjwtenabled"]],
        may_mean: VAGUE_ON_GUESTS,
        requirement: Requirement::Attribute {
            of: POLICIES,
            attribute: "guest_code_credential_flow_enabled",
            value: "false",
        },
        who: Who::AppAdmin,
    },
    RejectionCause {
        of: SETTINGS,
        at: "client_credentials_flow_enabled",
        planned: Condition::False,
        phrases: &[&["isclientcredentialsflowenabled"]],
        may_mean: &[],
        requirement: Requirement::Attribute {
            of: POLICIES,
            attribute: "client_credentials_flow_enabled",
            value: "false",
        },
        who: Who::AppAdmin,
    },
    RejectionCause {
        of: SETTINGS,
        at: "oauth_link",
        planned: Condition::Written,
        phrases: &[&["distribution state"], &["distributionstate"]],
        may_mean: &["oauth link"],
        requirement: Requirement::Attribute {
            of: APP,
            attribute: "distribution_state",
            value: "\"Packaged\"",
        },
        who: Who::Developer,
    },
    RejectionCause {
        of: POLICIES,
        at: "guest_code_credential_flow_enabled",
        planned: Condition::True,
        phrases: &[&["isnameduserjwtenabled"], &["json web token"], &["jwt-based"]],
        may_mean: VAGUE_ON_GUESTS,
        requirement: Requirement::Attribute {
            of: SETTINGS,
            attribute: "named_user_jwt_enabled",
            value: "true",
        },
        who: Who::Developer,
    },
    RejectionCause {
        of: POLICIES,
        at: "guest_code_credential_flow_enabled",
        planned: Condition::True,
        phrases: &[&["iscodecredflowenabled"]],
        may_mean: VAGUE_ON_GUESTS,
        requirement: Requirement::Attribute {
            of: SETTINGS,
            attribute: "code_credential_flow_enabled",
            value: "true",
        },
        who: Who::Developer,
    },
    RejectionCause {
        of: POLICIES,
        at: "named_user_jwt_session_timeout_type",
        planned: Condition::Written,
        phrases: &[&["namedUserJwtSessionTimeoutType"]],
        may_mean: VAGUE,
        requirement: Requirement::Attribute {
            of: SETTINGS,
            attribute: "named_user_jwt_enabled",
            value: "true",
        },
        who: Who::Developer,
    },
    RejectionCause {
        of: POLICIES,
        at: "client_credentials_flow_enabled",
        planned: Condition::True,
        phrases: &[&["isclientcredentialsflowenabled"]],
        may_mean: VAGUE,
        requirement: Requirement::Attribute {
            of: SETTINGS,
            attribute: "client_credentials_flow_enabled",
            value: "true",
        },
        who: Who::Developer,
    },
    RejectionCause {
        of: POLICIES,
        at: "client_credentials_flow_user",
        planned: Condition::Written,
        phrases: &[&["clientcredentialsflowuser"], &["run as"], &["run-as"], &["runas"]],
        may_mean: &[],
        requirement: Requirement::Other("an active user in the org with this username and API access"),
        who: Who::OrgAdmin,
    },
    RejectionCause {
        of: POLICIES,
        at: "token_exchange_flow_enabled",
        planned: Condition::True,
        phrases: &[&["istokenexchangeenabled"], &["istokenexchangeflowenabled"]],
        may_mean: VAGUE,
        requirement: Requirement::Attribute {
            of: SETTINGS,
            attribute: "token_exchange_enabled",
            value: "true",
        },
        who: Who::Developer,
    },
    RejectionCause {
        of: POLICIES,
        at: "permitted_users",
        planned: Condition::Word("AllSelfAuthorized"),
        phrases: &[&["permitteduserspolicytype"], &["allselfauthorized"], &["consent"], &["pre-authoriz"]],
        may_mean: &[],
        requirement: Requirement::Other(
            "a flow with a consent screen. The Authorization Code and Credentials Flow (code_credential_flow_enabled = \
             true in salesforce_external_client_app_oauth_settings) has no consent screen. Set permitted_users = \
             \"AdminApprovedPreAuthorized\" with permission_sets, or disable that flow",
        ),
        who: Who::Developer,
    },
    RejectionCause {
        of: POLICIES,
        at: "permitted_users",
        planned: Condition::Word("AdminApprovedPreAuthorized"),
        phrases: &[&["assign", "permission set", "yourself"]],
        may_mean: &[],
        requirement: Requirement::Other(
            "one of the permission_sets, assigned to the user that Terraform logs in as",
        ),
        who: Who::OrgAdmin,
    },
    RejectionCause {
        of: POLICIES,
        at: "permission_sets",
        planned: Condition::NotEmpty,
        phrases: &[&["no permissionset named"]],
        may_mean: &[],
        requirement: Requirement::Other(
            "permission sets in the org, by API name, spelled as in the org, or by ID",
        ),
        who: Who::OrgAdmin,
    },
    RejectionCause {
        of: POLICIES,
        at: "profiles",
        planned: Condition::NotEmpty,
        phrases: &[&["no profile named"]],
        may_mean: &[],
        requirement: Requirement::Other(
            "profiles in the org by metadata name, which may differ from the name in Setup: System Administrator is \
             Admin, Standard User is Standard",
        ),
        who: Who::OrgAdmin,
    },
    RejectionCause {
        of: POLICIES,
        at: "apex_handler",
        planned: Condition::Written,
        phrases: &[&["no apexclass named"]],
        may_mean: &[],
        requirement: Requirement::Other("an Apex class in the org"),
        who: Who::OrgAdmin,
    },
    RejectionCause {
        of: ORG,
        at: "code_credential_flow_enabled",
        planned: Condition::False,
        phrases: &[&["iscodecredflowenabled"]],
        may_mean: &["external client app"],
        requirement: Requirement::Attribute {
            of: SETTINGS,
            attribute: "code_credential_flow_enabled",
            value: "false",
        },
        who: Who::Developer,
    },
];

/// The explanation of a message: the attribute and advice.
#[derive(Debug, PartialEq, Eq)]
pub struct Explained {
    /// The attribute, or `None` if it is ambiguous.
    pub at: Option<&'static str>,
    pub advice: String,
}

/// Explains a message about a planned resource. `resource` is the type in the configuration.
pub fn explain(spec: &ResourceSpec, resource: &str, planned: &Value, sentence: &str) -> Option<Explained> {
    let sentence = sentence.to_lowercase();
    let has = |word: &&str| sentence.contains(&word.to_lowercase());
    let situation = |cause: &&RejectionCause| {
        let value = planned.get(cause.at);
        cause.of == spec.name && cause.planned.holds(value, value) == Some(true)
    };
    let rows: Vec<&RejectionCause> = REJECTION_CAUSES.iter().filter(situation).collect();
    let named: Vec<&&RejectionCause> =
        rows.iter().filter(|cause| cause.phrases.iter().any(|words| words.iter().all(has))).collect();
    if let Some(first) = named.first() {
        let advice: Vec<String> = named.iter().map(|cause| cause.advice(resource)).collect();
        return Some(Explained { at: Some(first.at), advice: advice.join(" ") });
    }
    let possible: Vec<&&RejectionCause> =
        rows.iter().filter(|cause| cause.may_mean.iter().any(has)).collect();
    let first = possible.first()?;
    let at = possible.iter().all(|cause| cause.at == first.at).then_some(first.at);
    let advice: Vec<String> = possible.iter().map(|cause| cause.advice(resource)).collect();
    Some(Explained {
        at,
        advice: format!(
            "Salesforce's response does not identify what is missing. Possible requirements: {}",
            advice.join(" Or: ")
        ),
    })
}

impl RejectionCause {
    fn advice(&self, resource: &str) -> String {
        let who = self.who.text();
        let planned = match self.planned {
            Condition::False => " = false",
            _ => "",
        };
        if let Some(here) = self.needed_here(resource) {
            // The same resource manages both attributes, in one deploy.
            return format!("{}{planned} requires {here} in the same resource.", self.at);
        }
        let parts =
            [self.needed(), format!(" (requires {who})"), self.place(), ".".to_owned(), self.way_out()];
        format!("{}{planned} requires {}", self.at, parts.concat())
    }

    /// An alternative to the required change, if there is one.
    fn way_out(&self) -> String {
        if self.planned == Condition::False && matches!(self.requirement, Requirement::Attribute { .. }) {
            // The other resource depends on this one, so Terraform changes this resource first. To disable both
            // attributes, the other resource must change first.
            return " If one configuration changes both resources, Terraform changes this resource first. In that case, \
                    apply the other change separately beforehand."
                .to_owned();
        }
        let row = catalog::resource(self.of).and_then(|spec| spec.row(self.at));
        // The org may have the value although the configuration does not manage it.
        match row {
            Some(row) if row.field.emptiable => format!(" Alternatively, set {} = \"\".", self.at),
            _ => String::new(),
        }
    }

    /// The requirement as text.
    pub fn needed(&self) -> String {
        match &self.requirement {
            Requirement::Attribute { of, attribute, value } => format!("{attribute} = {value} in {of}"),
            Requirement::Other(text) => (*text).to_owned(),
        }
    }

    /// The requirement, if it is an attribute of the same union.
    fn needed_here(&self, resource: &str) -> Option<String> {
        let Requirement::Attribute { of, attribute, value } = self.requirement else { return None };
        let union = catalog::UNIONS.iter().find(|union| union.name == resource)?;
        let member = union.members.iter().find(|member| member.spec.name == of)?;
        let block = member.block.as_ref().map(|block| format!("{}.", block.name)).unwrap_or_default();
        Some(format!("{block}{attribute} = {value}"))
    }

    /// Where to find the attribute in Setup.
    fn place(&self) -> String {
        let Requirement::Attribute { of, attribute, .. } = self.requirement else { return String::new() };
        let row = catalog::resource(of).and_then(|spec| spec.row(attribute));
        match row.map(|row| row.field.setup).filter(|setup| !setup.is_empty()) {
            Some(setup) => format!(", in Setup: {setup}"),
            None => String::new(),
        }
    }
}
