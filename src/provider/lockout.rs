//! The self-lockout guard: changes of an app's attributes that end the login of the provider itself, if it is the app that
//! it logs in with. Data, one row per change, and the walk over them.
//!
//! Not here: which app that is (its consumer key tells, in the plan and in the engine), and what ends with an app that is
//! destroyed.

use super::combination::Is;
use super::resource_spec::ResourceSpec;
use crate::metadata::certificate_facts;
use crate::org::{self, Login};
use crate::value::Value;

/// A change that the provider does not survive.
#[derive(Debug)]
pub struct Lockout {
    pub attribute: &'static str,
    pub when: When,
    pub ends: Ends,
    /// A sentence that says so; and what to do, where that is not to leave the app alone.
    pub because: &'static str,
}

/// What is the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// It is planned so, and was not.
    Becomes(Is),
    /// A text is taken away.
    Emptied,
    /// The certificate is not for the private key that the provider signs with.
    ForAnotherKey,
}

/// Which logins a change ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    All,
    /// All, while the provider speaks an API version older than this one.
    AllBelow(u16),
    JwtBearer,
    ClientCredentials,
    RefreshToken,
    TokenExchange,
}

/// How the provider logs in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OwnLogin {
    /// With a token from elsewhere, or it is not known yet.
    #[default]
    Other,
    ClientCredentials,
    RefreshToken,
    TokenExchange,
    /// With a private key whose public half this is, as a certificate has it.
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
    /// What a change of an attribute from one object to another does to a login; `version` is the API version, where it is
    /// known.
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
            // Without any state before, what is there is not known: it may be a change.
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
