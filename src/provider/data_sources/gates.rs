//! The prerequisites of each variant of headless identity, as a table of gates. Each row contains what the gate reads
//! and expects, and how to open it. `readiness.rs` evaluates the gates.

use super::site::Column;
use crate::provider::resource_spec::ResourceSpec;
use crate::provider::resources::{oauth_settings, org_oauth_oidc_settings, policies};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variant {
    Login,
    Passwordless,
    Registration,
    ForgotPassword,
    Guest,
    Refresh,
}

use Variant::{ForgotPassword, Guest, Login, Passwordless, Refresh, Registration};

/// The variants in the order of the documentation, each with its attribute.
pub const VARIANTS: &[(Variant, &str)] = &[
    (Login, "login"),
    (Passwordless, "passwordless"),
    (Registration, "registration"),
    (ForgotPassword, "forgot_password"),
    (Guest, "guest"),
    (Refresh, "refresh"),
];

/// The type of a client: private if it can keep a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    Public,
    Private,
}

#[derive(Debug)]
pub struct Gate {
    /// The ID in the documentation.
    pub id: &'static str,
    pub variants: &'static [Variant],
    pub reads: Reads,
    pub expects: Expects,
    /// How to open the gate. `{attribute}` and `{resource}` stand for the attribute that the gate reads, and its
    /// resource.
    pub fix: &'static str,
}

#[derive(Debug)]
pub enum Reads {
    /// An attribute of a resource of the app, or of the org.
    Attribute(&'static ResourceSpec, &'static str),
    /// A column of the records of the site.
    Site(Column),
    /// The active users of the app.
    Holders,
    /// The active users of the app who are members of the site.
    Members,
    /// Whether the profile of registered users can use the app.
    NewUsers,
    /// Whether the profile of registered users is a member of the site.
    NewMembers,
    /// The guest user of the site.
    GuestUser,
    /// Whether the init endpoints are protected, from the columns for authentication and for reCAPTCHA.
    Protection(&'static str, &'static str),
}

#[derive(Clone, Copy, Debug)]
pub enum Expects {
    True,
    Word(&'static str),
    /// Any value except this one.
    Not(&'static str),
    /// Any value, or a list with at least one member.
    Something,
    /// A list with at least one of these members.
    OneOf(&'static [&'static str]),
    /// The values for a public and a private client.
    Client {
        public: Option<bool>,
        private: Option<bool>,
    },
    /// `UserSession`, or `Custom` if this attribute contains the minutes.
    MinutesOf(&'static str),
    /// A description of what is expected.
    Words(&'static str),
}

const FLOWS: &[Variant] = &[Login, Passwordless, Registration, Guest];
const NAMED: &[Variant] = &[Login, Passwordless, Registration];

const DEVELOPER: &str =
    "Set `{attribute}` in {resource}. Requires a user who can manage External Client Apps.";
const ADMIN: &str = "Set `{attribute}` in {resource}. Requires an administrator of the app's policies.";

pub static GATES: &[Gate] = &[
    Gate {
        id: "G1",
        variants: FLOWS,
        reads: Reads::Attribute(&org_oauth_oidc_settings::SPEC, "code_credential_flow_enabled"),
        expects: Expects::True,
        fix: "Set `{attribute} = true` in {resource}. Alternatively, in Setup, under OAuth and OpenID Connect \
              Settings, allow Authorization Code and Credentials Flows. Requires an administrator of the org.",
    },
    Gate {
        id: "G3",
        variants: FLOWS,
        reads: Reads::Attribute(&policies::SPEC, "enabled"),
        expects: Expects::True,
        fix: ADMIN,
    },
    Gate {
        id: "G3",
        variants: FLOWS,
        reads: Reads::Attribute(&policies::SPEC, "oauth_plugin_enabled"),
        expects: Expects::True,
        fix: ADMIN,
    },
    Gate {
        id: "G4",
        variants: FLOWS,
        reads: Reads::Attribute(&oauth_settings::SPEC, "code_credential_flow_enabled"),
        expects: Expects::True,
        fix: DEVELOPER,
    },
    Gate {
        id: "G6",
        variants: NAMED,
        reads: Reads::Attribute(&policies::SPEC, "permitted_users"),
        expects: Expects::Word("AdminApprovedPreAuthorized"),
        fix: "Set `{attribute} = \"AdminApprovedPreAuthorized\"` with permission_sets or profiles in {resource}, \
              because headless flows have no page on which users can approve the app. Requires an administrator of the \
              app's policies.",
    },
    Gate {
        id: "G6",
        variants: NAMED,
        reads: Reads::Holders,
        expects: Expects::Words("a permission set or profile with an active user"),
        fix: "Set permission sets or profiles in salesforce_external_client_app_policies, and assign them to users.",
    },
    Gate {
        id: "G6",
        variants: &[Registration],
        reads: Reads::NewUsers,
        expects: Expects::Words("the default profile in `profiles`"),
        fix: "Add the site's default profile for registered users to `profiles` in \
              salesforce_external_client_app_policies, \
              or let the registration handler assign a permission set that the policies contain.",
    },
    Gate {
        id: "G7",
        variants: NAMED,
        reads: Reads::Attribute(&oauth_settings::SPEC, "pkce_required"),
        expects: Expects::Client { public: Some(true), private: None },
        fix: DEVELOPER,
    },
    Gate {
        id: "G8",
        variants: NAMED,
        reads: Reads::Attribute(&oauth_settings::SPEC, "secret_required_for_web_server_flow"),
        expects: Expects::Client { public: Some(false), private: Some(true) },
        fix: DEVELOPER,
    },
    Gate {
        id: "G9",
        variants: &[Refresh],
        reads: Reads::Attribute(&oauth_settings::SPEC, "secret_required_for_refresh_token"),
        expects: Expects::Client { public: Some(false), private: Some(true) },
        fix: DEVELOPER,
    },
    Gate {
        id: "G10",
        variants: FLOWS,
        reads: Reads::Attribute(&oauth_settings::SPEC, "callback_urls"),
        expects: Expects::Something,
        fix: DEVELOPER,
    },
    Gate {
        id: "G11",
        variants: &[Guest],
        reads: Reads::Attribute(&oauth_settings::SPEC, "oauth_scopes"),
        expects: Expects::Something,
        fix: DEVELOPER,
    },
    Gate {
        id: "G11",
        variants: &[Refresh],
        reads: Reads::Attribute(&oauth_settings::SPEC, "oauth_scopes"),
        expects: Expects::OneOf(&["RefreshToken", "OfflineAccess"]),
        fix: DEVELOPER,
    },
    Gate {
        id: "G13",
        variants: &[Guest],
        reads: Reads::Attribute(&oauth_settings::SPEC, "named_user_jwt_enabled"),
        expects: Expects::True,
        fix: DEVELOPER,
    },
    Gate {
        id: "G14",
        variants: &[Guest],
        reads: Reads::Attribute(&policies::SPEC, "guest_code_credential_flow_enabled"),
        expects: Expects::True,
        fix: ADMIN,
    },
    Gate {
        id: "G15",
        variants: &[Guest],
        reads: Reads::Attribute(&policies::SPEC, "guest_jwt_session_timeout_type"),
        expects: Expects::MinutesOf("guest_jwt_timeout_minutes"),
        fix: "Set `guest_jwt_timeout_minutes` with `{attribute} = \"Custom\"` in {resource}.",
    },
    Gate {
        id: "G17",
        variants: &[Refresh],
        reads: Reads::Attribute(&policies::SPEC, "refresh_token_policy"),
        expects: Expects::Not("Zero"),
        fix: ADMIN,
    },
    Gate {
        id: "N1",
        variants: &[Registration],
        reads: Reads::Site(Column::Auth("IsHeadlessUserRegistrationAllowed")),
        expects: Expects::True,
        fix: "In the site's workspace, under Administration > Login & Registration, allow headless user registration.",
    },
    Gate {
        id: "N1",
        variants: &[Registration],
        reads: Reads::Site(Column::Auth("RegistrationHandlerId")),
        expects: Expects::Something,
        fix: "In the site's workspace, under Administration > Login & Registration, choose the Apex handler of \
              headless registration.",
    },
    Gate {
        id: "N1",
        variants: &[Registration],
        reads: Reads::Site(Column::Auth("RegistrationExecutionUserId")),
        expects: Expects::Something,
        fix: "In the site's workspace, under Administration > Login & Registration, choose the user that the \
              registration handler runs as.",
    },
    Gate {
        id: "N1",
        variants: &[Registration],
        reads: Reads::Site(Column::Auth("RegistrationUserDefaultProfileId")),
        expects: Expects::Something,
        fix: "In the site's workspace, under Administration > Login & Registration, choose the default profile of \
              registered users.",
    },
    Gate {
        id: "N2",
        variants: &[Passwordless],
        reads: Reads::Site(Column::Auth("IsPwdlessLoginAllowed")),
        expects: Expects::True,
        fix: "In the site's workspace, under Administration > Login & Registration, allow headless passwordless login.",
    },
    Gate {
        id: "N3",
        variants: &[ForgotPassword],
        reads: Reads::Site(Column::Auth("IsForgotPwdAllowed")),
        expects: Expects::True,
        fix: "In the site's workspace, under Administration > Login & Registration, allow headless forgot password.",
    },
    Gate {
        id: "N4",
        variants: &[Registration],
        reads: Reads::Protection("DoesRegistrationRequireAuth", "IsRecaptchaRequiredRgstr"),
        expects: Expects::Words("authentication or reCAPTCHA"),
        fix: "In the site's workspace, under Administration > Login & Registration, require authentication or \
              reCAPTCHA for registration.",
    },
    Gate {
        id: "N4",
        variants: &[Passwordless],
        reads: Reads::Protection("DoesPwdlessLoginRequireAuth", "IsRecaptchaRequiredPwdlessLogin"),
        expects: Expects::Words("authentication or reCAPTCHA"),
        fix: "In the site's workspace, under Administration > Login & Registration, require authentication or \
              reCAPTCHA for passwordless login.",
    },
    Gate {
        id: "N4",
        variants: &[ForgotPassword],
        reads: Reads::Protection("DoesForgotPasswordRequireAuth", "IsRecaptchaRequiredForgotPwd"),
        expects: Expects::Words("authentication or reCAPTCHA"),
        fix: "In the site's workspace, under Administration > Login & Registration, require authentication or \
              reCAPTCHA for forgot password.",
    },
    Gate {
        id: "N5",
        variants: &[Login, Passwordless, Registration, ForgotPassword, Guest],
        reads: Reads::Site(Column::Network("Status")),
        expects: Expects::Word("Live"),
        fix: "In the site's workspace, under Administration > Settings, click Activate.",
    },
    Gate {
        id: "N6",
        variants: NAMED,
        reads: Reads::Members,
        expects: Expects::Words("an active user of the app who is a member of the site"),
        fix: "In the site's workspace, under Administration > Members, add the profile or permission set of the users \
              who log in.",
    },
    Gate {
        id: "N6",
        variants: &[Registration],
        reads: Reads::NewMembers,
        expects: Expects::Words("the default profile among the members of the site"),
        fix: "In the site's workspace, under Administration > Members, add the default profile of registered users.",
    },
    Gate {
        id: "G14c",
        variants: &[Guest],
        reads: Reads::GuestUser,
        expects: Expects::Words("an active guest user of the site"),
        fix: "In Setup, under All Sites, open the site and activate its guest user.",
    },
];

impl Gate {
    /// What the gate reads, by its name in Salesforce.
    pub fn field(&self) -> String {
        match &self.reads {
            Reads::Attribute(spec, attribute) => match spec.row(attribute) {
                Some(row) if row.field.inverted => {
                    format!("{attribute} ({}.{}, inverted)", row.part.kind.name, row.field.element)
                }
                Some(row) => format!("{}.{}", row.part.kind.name, row.field.element),
                None => (*attribute).to_owned(),
            },
            Reads::Site(Column::Network(name)) => format!("Network.{name}"),
            Reads::Site(Column::Auth(name)) => format!("NetworkAuthApiSettings.{name}"),
            Reads::Holders => "PermissionSetAssignment, User".to_owned(),
            Reads::Members => "NetworkMemberGroup".to_owned(),
            Reads::NewUsers => {
                "NetworkAuthApiSettings.RegistrationUserDefaultProfileId in the policies".to_owned()
            }
            Reads::NewMembers => {
                "NetworkAuthApiSettings.RegistrationUserDefaultProfileId in NetworkMemberGroup".to_owned()
            }
            Reads::GuestUser => "User.UserType".to_owned(),
            Reads::Protection(one, other) => {
                format!("NetworkAuthApiSettings.{one}, NetworkAuthApiSettings.{other}")
            }
        }
    }

    pub fn expected(&self) -> String {
        match self.expects {
            Expects::True => "true".to_owned(),
            Expects::Word(word) => word.to_owned(),
            Expects::Not(word) => format!("not {word}"),
            Expects::Something => "a value".to_owned(),
            Expects::OneOf(words) => words.join(" or "),
            Expects::Client { public, private } => {
                let wanted = [(public, "public"), (private, "private")];
                let words = wanted
                    .iter()
                    .filter_map(|(value, client)| Some(format!("{} for a {client} client", (*value)?)));
                words.collect::<Vec<_>>().join(", ")
            }
            Expects::MinutesOf(_) => "UserSession, or Custom with minutes".to_owned(),
            Expects::Words(words) => words.to_owned(),
        }
    }

    pub fn fix(&self) -> String {
        let Reads::Attribute(spec, attribute) = &self.reads else {
            return self.fix.to_owned();
        };
        let attribute = match self.expects {
            Expects::True if !self.fix.contains("{attribute} =") => format!("{attribute} = true"),
            _ => (*attribute).to_owned(),
        };
        self.fix.replace("{attribute}", &attribute).replace("{resource}", spec.name)
    }
}
