//! What an org refuses because of another resource: data, one row per need, and which of them a refusal is about.
//!
//! Not checked in a plan: what Terraform knows of another resource depends on the order it plans in, and others may own
//! that resource. So the org decides, and its refusal is read here. Its sentences are not documented and change; a row
//! looks for names of elements first, and believes them only in the situation that it describes.

use super::catalog;
use super::combination::Is;
use super::resource_spec::ResourceSpec;
use crate::value::Value;

/// One thing that an attribute needs outside of its resource.
#[derive(Debug)]
pub struct Refusal {
    /// The resource that is refused, and the attribute that the error is at.
    pub of: &'static str,
    pub at: &'static str,
    /// What the attribute is planned to be.
    pub planned: Is,
    /// The org's sentence has all words of one of these, whatever their case.
    pub says: &'static [&'static [&'static str]],
    /// Sentences that leave open which need it is.
    pub may_mean: &'static [&'static str],
    pub needs: Needs,
    pub who: Who,
}

/// What is needed.
#[derive(Debug)]
pub enum Needs {
    /// This value of an attribute of another resource.
    Attribute { of: &'static str, attribute: &'static str, value: &'static str },
    /// Something that no resource manages, or more than one attribute.
    Other(&'static str),
}

/// Who may change it.
#[derive(Clone, Copy, Debug)]
pub enum Who {
    Developer,
    AppAdmin,
    OrgAdmin,
}

impl Who {
    pub fn text(self) -> &'static str {
        match self {
            Who::Developer => "the app's developer",
            Who::AppAdmin => "the app's admin",
            Who::OrgAdmin => "whoever administers the org",
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

pub static REFUSALS: &[Refusal] = &[
    Refusal {
        of: SETTINGS,
        at: "code_credential_flow_enabled",
        planned: Is::True,
        says: &[
            &["oauthcdcrdtflowenable"],
            &["oauthoidc"],
            &["iscodecredflowenabled"],
            &["code and credentials flow"],
        ],
        may_mean: VAGUE,
        needs: Needs::Attribute { of: ORG, attribute: "code_credential_flow_enabled", value: "true" },
        who: Who::OrgAdmin,
    },
    Refusal {
        of: SETTINGS,
        at: "code_credential_flow_enabled",
        planned: Is::False,
        says: &[&["isguestcodecredflowenabled", "iscodecredflowenabled"]],
        may_mean: VAGUE_ON_GUESTS,
        needs: Needs::Attribute {
            of: POLICIES,
            attribute: "guest_code_credential_flow_enabled",
            value: "false",
        },
        who: Who::AppAdmin,
    },
    Refusal {
        of: SETTINGS,
        at: "named_user_jwt_enabled",
        planned: Is::False,
        says: &[&["isguestcodecredflowenabled", "isnameduserjwtenabled"]],
        may_mean: VAGUE_ON_GUESTS,
        needs: Needs::Attribute {
            of: POLICIES,
            attribute: "guest_code_credential_flow_enabled",
            value: "false",
        },
        who: Who::AppAdmin,
    },
    Refusal {
        of: SETTINGS,
        at: "client_credentials_flow_enabled",
        planned: Is::False,
        says: &[&["isclientcredentialsflowenabled"]],
        may_mean: &[],
        needs: Needs::Attribute {
            of: POLICIES,
            attribute: "client_credentials_flow_enabled",
            value: "false",
        },
        who: Who::AppAdmin,
    },
    Refusal {
        of: SETTINGS,
        at: "oauth_link",
        planned: Is::Written,
        says: &[&["distribution state"], &["distributionstate"]],
        may_mean: &["oauth link"],
        needs: Needs::Attribute { of: APP, attribute: "distribution_state", value: "\"Packaged\"" },
        who: Who::Developer,
    },
    Refusal {
        of: POLICIES,
        at: "guest_code_credential_flow_enabled",
        planned: Is::True,
        says: &[&["isnameduserjwtenabled"], &["json web token"], &["jwt-based"]],
        may_mean: VAGUE_ON_GUESTS,
        needs: Needs::Attribute { of: SETTINGS, attribute: "named_user_jwt_enabled", value: "true" },
        who: Who::Developer,
    },
    Refusal {
        of: POLICIES,
        at: "guest_code_credential_flow_enabled",
        planned: Is::True,
        says: &[&["iscodecredflowenabled"]],
        may_mean: VAGUE_ON_GUESTS,
        needs: Needs::Attribute { of: SETTINGS, attribute: "code_credential_flow_enabled", value: "true" },
        who: Who::Developer,
    },
    Refusal {
        of: POLICIES,
        at: "named_user_jwt_session_timeout_type",
        planned: Is::Written,
        says: &[&["namedUserJwtSessionTimeoutType"]],
        may_mean: VAGUE,
        needs: Needs::Attribute { of: SETTINGS, attribute: "named_user_jwt_enabled", value: "true" },
        who: Who::Developer,
    },
    Refusal {
        of: POLICIES,
        at: "client_credentials_flow_enabled",
        planned: Is::True,
        says: &[&["isclientcredentialsflowenabled"]],
        may_mean: VAGUE,
        needs: Needs::Attribute { of: SETTINGS, attribute: "client_credentials_flow_enabled", value: "true" },
        who: Who::Developer,
    },
    Refusal {
        of: POLICIES,
        at: "client_credentials_flow_user",
        planned: Is::Written,
        says: &[&["clientcredentialsflowuser"], &["run as"], &["run-as"], &["runas"]],
        may_mean: &[],
        needs: Needs::Other("an active user of the org with this user name, who may use the API"),
        who: Who::OrgAdmin,
    },
    Refusal {
        of: POLICIES,
        at: "token_exchange_flow_enabled",
        planned: Is::True,
        says: &[&["istokenexchangeenabled"], &["istokenexchangeflowenabled"]],
        may_mean: VAGUE,
        needs: Needs::Attribute { of: SETTINGS, attribute: "token_exchange_enabled", value: "true" },
        who: Who::Developer,
    },
    Refusal {
        of: POLICIES,
        at: "permitted_users",
        planned: Is::Word("AllSelfAuthorized"),
        says: &[&["permitteduserspolicytype"], &["allselfauthorized"], &["consent"], &["pre-authoriz"]],
        may_mean: &[],
        needs: Needs::Other(
            "a flow with a consent screen, which code_credential_flow_enabled = true of \
             salesforce_external_client_app_oauth_settings has not: write permitted_users = \
             \"AdminApprovedPreAuthorized\" with permission_sets, or switch that flow off there",
        ),
        who: Who::Developer,
    },
    Refusal {
        of: POLICIES,
        at: "permitted_users",
        planned: Is::Word("AdminApprovedPreAuthorized"),
        says: &[&["assign", "permission set", "yourself"]],
        may_mean: &[],
        needs: Needs::Other("one of the permission_sets assigned to the user that Terraform logs in as"),
        who: Who::OrgAdmin,
    },
    Refusal {
        of: POLICIES,
        at: "permission_sets",
        planned: Is::Some,
        says: &[&["no permissionset named"]],
        may_mean: &[],
        needs: Needs::Other(
            "permission sets of the org, by their API names, whose upper and lower case count, or by their IDs",
        ),
        who: Who::OrgAdmin,
    },
    Refusal {
        of: POLICIES,
        at: "profiles",
        planned: Is::Some,
        says: &[&["no profile named"]],
        may_mean: &[],
        needs: Needs::Other(
            "profiles of the org by their metadata names, which are not always what Setup shows: System Administrator is \
             Admin, Standard User is Standard",
        ),
        who: Who::OrgAdmin,
    },
    Refusal {
        of: POLICIES,
        at: "apex_handler",
        planned: Is::Written,
        says: &[&["no apexclass named"]],
        may_mean: &[],
        needs: Needs::Other("an Apex class of the org"),
        who: Who::OrgAdmin,
    },
    Refusal {
        of: ORG,
        at: "code_credential_flow_enabled",
        planned: Is::False,
        says: &[&["iscodecredflowenabled"]],
        may_mean: &["external client app"],
        needs: Needs::Attribute { of: SETTINGS, attribute: "code_credential_flow_enabled", value: "false" },
        who: Who::Developer,
    },
];

/// What a refusal is about: where the error belongs, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Explained {
    /// None: the refusal leaves open which attribute it means.
    pub at: Option<&'static str>,
    pub advice: String,
}

/// Explains the org's sentence about a resource that was planned so; `resource` is the type that the user wrote.
pub fn explain(spec: &ResourceSpec, resource: &str, planned: &Value, sentence: &str) -> Option<Explained> {
    let sentence = sentence.to_lowercase();
    let has = |word: &&str| sentence.contains(&word.to_lowercase());
    let situation = |refusal: &&Refusal| {
        let value = planned.get(refusal.at);
        refusal.of == spec.name && refusal.planned.holds(value, value) == Some(true)
    };
    let rows: Vec<&Refusal> = REFUSALS.iter().filter(situation).collect();
    let named: Vec<&&Refusal> =
        rows.iter().filter(|refusal| refusal.says.iter().any(|words| words.iter().all(has))).collect();
    if let Some(first) = named.first() {
        let advice: Vec<String> = named.iter().map(|refusal| refusal.advice(resource)).collect();
        return Some(Explained { at: Some(first.at), advice: advice.join(" ") });
    }
    let possible: Vec<&&Refusal> = rows.iter().filter(|refusal| refusal.may_mean.iter().any(has)).collect();
    let first = possible.first()?;
    let at = possible.iter().all(|refusal| refusal.at == first.at).then_some(first.at);
    let advice: Vec<String> = possible.iter().map(|refusal| refusal.advice(resource)).collect();
    Some(Explained {
        at,
        advice: format!("Salesforce does not say what is missing. It may be: {}", advice.join(" Or: ")),
    })
}

impl Refusal {
    fn advice(&self, resource: &str) -> String {
        let who = self.who.text();
        let planned = match self.planned {
            Is::False => " = false",
            _ => "",
        };
        if let Some(here) = self.needed_here(resource) {
            // Whoever owns the one owns the other, and both go with one deploy.
            return format!("{}{planned} needs {here} in the same resource.", self.at);
        }
        let parts = [self.needed(), format!(" ({who})"), self.place(), ".".to_owned(), self.way_out()];
        format!("{}{planned} needs {}", self.at, parts.concat())
    }

    /// What else helps.
    fn way_out(&self) -> String {
        if self.planned == Is::False && matches!(self.needs, Needs::Attribute { .. }) {
            // Switched on, this side comes first and the other one refers to it. Switched off it comes first, too, and a
            // configuration that has both as they should be is refused for good.
            return " Where one configuration changes both, Terraform begins here: apply the other change by itself first."
                .to_owned();
        }
        let row = catalog::resource(self.of).and_then(|spec| spec.row(self.at));
        // It may be there without being managed.
        match row {
            Some(row) if row.field.emptiable => format!(" Or write {} = \"\".", self.at),
            _ => String::new(),
        }
    }

    /// What is needed, in words.
    pub fn needed(&self) -> String {
        match &self.needs {
            Needs::Attribute { of, attribute, value } => format!("{attribute} = {value} of {of}"),
            Needs::Other(text) => (*text).to_owned(),
        }
    }

    /// What is needed, where it is an attribute of the very union that the user wrote.
    fn needed_here(&self, resource: &str) -> Option<String> {
        let Needs::Attribute { of, attribute, value } = self.needs else { return None };
        let union = catalog::UNIONS.iter().find(|union| union.name == resource)?;
        let member = union.members.iter().find(|member| member.spec.name == of)?;
        let block = member.block.as_ref().map(|block| format!("{}.", block.name)).unwrap_or_default();
        Some(format!("{block}{attribute} = {value}"))
    }

    /// Where people who use no Terraform find it.
    fn place(&self) -> String {
        let Needs::Attribute { of, attribute, .. } = self.needs else { return String::new() };
        let row = catalog::resource(of).and_then(|spec| spec.row(attribute));
        match row.map(|row| row.field.setup).filter(|setup| !setup.is_empty()) {
            Some(setup) => format!(", in Setup: {setup}"),
            None => String::new(),
        }
    }
}
