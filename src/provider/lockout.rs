//! The guard against self-lockout: if the provider logs in with an app, these changes to the app make the provider's
//! login fail. They are data, one row per change.
//!
//! Not here: whether the provider logs in with the app (the plan and the engine compare consumer keys), and the
//! deletion of an app.

use super::combination::Condition;
use super::resource_spec::ResourceSpec;
use crate::metadata::certificate_facts;
use crate::org::{self, Login};
use crate::value::Value;

/// A change that locks out the provider.
#[derive(Debug)]
pub struct Lockout {
    pub attribute: &'static str,
    pub when: When,
    pub ends: Ends,
    /// The explanation, with an alternative if there is one.
    pub because: &'static str,
}

/// The change that locks out the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The condition becomes true.
    Becomes(Condition),
    /// The value is removed.
    Emptied,
    /// The certificate is not for the private key of the provider.
    ForAnotherKey,
}

/// The authentication methods that a change affects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    All,
    /// All, if the API version of the provider is earlier than this version, or unknown.
    AllBelow(u16),
    JwtBearer,
    ClientCredentials,
    RefreshToken,
    TokenExchange,
}

/// The authentication method of the provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OwnLogin {
    /// An existing token, the Salesforce CLI, or a method that is not known yet.
    #[default]
    Other,
    ClientCredentials,
    RefreshToken,
    TokenExchange,
    /// `public_key` belongs to the private key, and has the form that certificates contain.
    JwtBearer {
        public_key: Option<Vec<u8>>,
    },
}

impl OwnLogin {
    pub fn of(login: &Login) -> OwnLogin {
        match login {
            Login::JwtBearer { private_key, .. } => {
                OwnLogin::JwtBearer { public_key: org::public_key(private_key) }
            }
            Login::ClientCredentials { .. } => OwnLogin::ClientCredentials,
            Login::RefreshToken { .. } => OwnLogin::RefreshToken,
            Login::TokenExchange { .. } => OwnLogin::TokenExchange,
            Login::SfCli(_) | Login::AccessToken { .. } => OwnLogin::Other,
        }
    }

    fn fits(&self, certificate: &Value) -> bool {
        let OwnLogin::JwtBearer { public_key: Some(own) } = self else { return false };
        certificate.as_text().and_then(certificate_facts).is_some_and(|facts| facts.public_key == *own)
    }
}

impl ResourceSpec {
    /// The lockout caused by a change to an attribute. `version` is the API version, if known.
    pub fn lockout(
        &self,
        attribute: &str,
        prior: &Value,
        planned: &Value,
        login: &OwnLogin,
        version: Option<u16>,
    ) -> Option<&'static Lockout> {
        let (old, new) = (prior.get(attribute), planned.get(attribute));
        let mut rows = self.lockouts.iter().filter(|row| row.attribute == attribute);
        rows.find(|row| {
            // Without a prior state, the value in the org is not known, so it may change.
            row.ends.includes(login, version)
                && row.when.happens((!prior.is_null()).then_some(old), new, login)
        })
    }
}

impl Ends {
    fn includes(self, login: &OwnLogin, version: Option<u16>) -> bool {
        match self {
            Ends::All => true,
            Ends::AllBelow(needed) => version.is_none_or(|version| version < needed),
            Ends::JwtBearer => matches!(login, OwnLogin::JwtBearer { .. }),
            Ends::ClientCredentials => *login == OwnLogin::ClientCredentials,
            Ends::RefreshToken => *login == OwnLogin::RefreshToken,
            Ends::TokenExchange => *login == OwnLogin::TokenExchange,
        }
    }
}

impl When {
    fn happens(self, old: Option<&Value>, new: &Value, login: &OwnLogin) -> bool {
        match self {
            When::Becomes(is) => {
                let holds = |value: &Value| is.holds(value, value) == Some(true);
                holds(new) && !old.is_some_and(holds)
            }
            When::Emptied => new.is_empty(),
            When::ForAnotherKey => new.is_set() && !login.fits(new),
        }
    }
}
