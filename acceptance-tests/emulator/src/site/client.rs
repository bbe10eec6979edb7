//! A deployed external client app as the client of a flow: the content of its files, read in one place.

use crate::behavior::{self, list};
use crate::component::{Fields, Value, is_true, text};
use crate::org::{OAUTH_POLICIES, OAUTH_SETTINGS, Org, User};
use crate::pairs;
use crate::stamp::Millis;

use super::gate::Gate;

/// A copy of the app's data, so that the org can change during a flow.
#[derive(Debug, Clone)]
pub struct Client {
    pub app: String,
    pub id: String,
    is_enabled: bool,
    /// The secret for the ID.
    secret: Option<String>,
    global: Fields,
    settings: Fields,
    policies: Fields,
    /// Scopes in OAuth notation.
    pub scopes: Vec<String>,
}

pub const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
pub const DAY: Millis = 24 * HOUR;

/// The names of scopes in the Metadata API and in OAuth.
const SCOPES: &[(&str, &str)] = &[
    ("Address", "address"),
    ("Api", "api"),
    ("Basic", "id"),
    ("CDP", "cdp_api"),
    ("CDPCalculatedInsight", "cdp_calculated_insight_api"),
    ("CDPIdentityResolution", "cdp_identityresolution_api"),
    ("CDPIngest", "cdp_ingest_api"),
    ("CDPProfile", "cdp_profile_api"),
    ("CDPQuery", "cdp_query_api"),
    ("CDPSegment", "cdp_segment_api"),
    ("Chatbot", "chatbot_api"),
    ("Chatter", "chatter_api"),
    ("Content", "content"),
    ("CustomApplications", "visualforce"),
    ("CustomPermissions", "custom_permissions"),
    ("Eclair", "eclair_api"),
    ("EinsteinGPT", "einstein_gpt_api"),
    ("Email", "email"),
    ("ForgotPassword", "forgot_password"),
    ("Full", "full"),
    ("Interaction", "interaction_api"),
    ("Lightning", "lightning"),
    ("MCP", "mcp_api"),
    ("OfflineAccess", "offline_access"),
    ("OpenID", "openid"),
    ("Pardot", "pardot_api"),
    ("Phone", "phone"),
    ("Profile", "profile"),
    ("PwdlessLogin", "pwdless_login_api"),
    ("RefreshToken", "refresh_token"),
    ("SCRT", "scrt_api"),
    ("SFApiPlatform", "sfap_api"),
    ("UserRegistration", "user_registration_api"),
    ("Wave", "wave_api"),
    ("Web", "web"),
];

/// The scopes of an app in OAuth notation, custom ones by their own names. Scopes without a known OAuth name are
/// omitted.
pub fn scopes_of(org: &Org, app: &str) -> Vec<String> {
    let tree = org.in_effect();
    let settings = tree.part(OAUTH_SETTINGS, app).map(|(_, component)| &component.fields);
    let policies = tree.part(OAUTH_POLICIES, app).map(|(_, component)| &component.fields);
    let named = |fields: Option<&Fields>, element: &str| {
        list(fields.and_then(|fields| text(fields, element)).unwrap_or_default())
    };
    let chosen = named(settings, "commaSeparatedOauthScopes");
    let mut scopes: Vec<String> = SCOPES
        .iter()
        .filter(|(name, _)| chosen.contains(*name))
        .map(|(_, scope)| (*scope).to_string())
        .collect();
    let mut custom = named(settings, "commaSeparatedCustomScopes");
    custom.extend(named(policies, "commaSeparatedCustomScopes"));
    scopes.extend(custom);
    scopes
}

impl Client {
    /// Finds a client whose app is enabled.
    pub fn find(org: &Org, id: &str) -> Result<Client, Gate> {
        let client = Client::known(org, id)?;
        client.is_usable()?;
        Ok(client)
    }

    pub fn is_usable(&self) -> Result<(), Gate> {
        if self.is_enabled { Ok(()) } else { Err(Gate::AppDisabled) }
    }

    /// Finds a client by its consumer key, if its creation has propagated.
    pub fn known(org: &Org, id: &str) -> Result<Client, Gate> {
        pairs::live(org, id).map(|live| Client::of(org, id, live)).ok_or(Gate::ClientUnknown)
    }

    /// The client to which a token was issued, if its app is enabled. The key may have expired since then.
    pub fn of_token(org: &Org, id: &str) -> Result<Client, Gate> {
        let owner = pairs::owner(org, id).map(|owner| Client::of(org, id, owner));
        let client = owner.ok_or(Gate::ClientUnknown)?;
        client.is_usable()?;
        Ok(client)
    }

    fn of(org: &Org, id: &str, pairs::ValidPair { app, global, secret }: pairs::ValidPair<'_>) -> Client {
        let tree = org.in_effect();
        let part = |kind| tree.part(kind, app).map(|(_, own)| own.fields.clone()).unwrap_or_default();
        Client {
            app: app.to_string(),
            id: id.to_string(),
            is_enabled: behavior::is_enabled(tree, app),
            secret: secret.map(str::to_string),
            global: global.fields.clone(),
            settings: part(OAUTH_SETTINGS),
            policies: part(OAUTH_POLICIES),
            scopes: scopes_of(org, app),
        }
    }

    pub fn is_on(&self, element: &str) -> bool {
        is_true(&self.global, element)
    }

    pub fn policy(&self, element: &str) -> Option<&str> {
        let own = text(&self.policies, element)?;
        Some(behavior::documented_spelling(OAUTH_POLICIES, element, own).unwrap_or(own))
    }

    pub fn policy_is_on(&self, element: &str) -> bool {
        is_true(&self.policies, element)
    }

    pub fn issues_jwt(&self) -> bool {
        self.is_on("isNamedUserJwtEnabled")
    }

    pub fn calls_back_to(&self, url: &str) -> bool {
        text(&self.global, "callbackUrl").is_some_and(|own| own.lines().any(|line| line == url))
    }

    pub fn secret(&self) -> Option<&str> {
        self.secret.as_deref()
    }

    /// A missing secret is accepted unless it is required. A wrong secret is always rejected.
    pub fn accepts_secret(&self, sent: Option<&str>, is_required: bool) -> bool {
        match sent {
            Some(sent) => self.secret() == Some(sent),
            None => !is_required,
        }
    }

    /// Checks that the app's policies pre-authorize this user.
    pub fn admits(&self, user: &User) -> Result<(), Gate> {
        if self.policy("permittedUsersPolicyType") != Some("AdminApprovedPreAuthorized") {
            return Err(Gate::SelfAuthorized);
        }
        let named = |element: &str| list(self.policy(element).unwrap_or_default());
        let by_profile =
            user.profile.as_ref().is_some_and(|own| named("commaSeparatedProfile").contains(own));
        let by_set = !named("commaSeparatedPermissionSet").is_disjoint(&user.permission_sets);
        if by_profile || by_set { Ok(()) } else { Err(Gate::NotAdmitted) }
    }

    /// The requested scopes, or all scopes of the app when none are requested. `None` if the app does not have one of
    /// the requested scopes.
    pub fn grants(&self, requested: &str) -> Option<Vec<String>> {
        let requested: Vec<&str> = requested.split_whitespace().collect();
        if requested.is_empty() {
            return Some(self.scopes.clone());
        }
        let has = |scope: &str| self.scopes.iter().any(|own| own == scope);
        let is_covered = |scope: &&str| match *scope {
            "refresh_token" | "offline_access" => has("refresh_token") || has("offline_access"),
            "profile" | "email" | "address" | "phone" => has(scope) || has("id"),
            other => has(other),
        };
        requested.iter().all(is_covered).then(|| requested.iter().map(|scope| (*scope).to_string()).collect())
    }

    /// The lifetime and the idle timeout of a refresh token.
    pub fn refresh_limits(&self) -> RefreshLimits {
        let period = self.policy("refreshTokenValidityPeriod").and_then(|text| text.parse::<u64>().ok());
        let unit = match self.policy("refreshTokenValidityUnit") {
            Some("Hours") => HOUR,
            Some("Months") => 30 * DAY,
            _ => DAY,
        };
        let time = period.unwrap_or(0).saturating_mul(unit);
        match self.policy("refreshTokenPolicyType") {
            Some("Zero") => RefreshLimits { is_allowed: false, lifetime: None, idle: None },
            Some("SpecificLifetime") => RefreshLimits { is_allowed: true, lifetime: Some(time), idle: None },
            Some("SpecificInactivity") => {
                RefreshLimits { is_allowed: true, lifetime: None, idle: Some(time) }
            }
            _ => RefreshLimits { is_allowed: true, lifetime: None, idle: None },
        }
    }

    /// The lifetime of an access token. A profile's timeout takes precedence over the org's.
    pub fn access_lifetime(&self, org: &Org, user: &User, is_guest: bool) -> Millis {
        let minutes = |text: Option<&str>| text.and_then(|text| text.parse::<u64>().ok());
        let custom = |kind: &str, element: &str| {
            minutes(self.policy(element)).filter(|_| self.policy(kind) != Some("UserSession"))
        };
        let own = if is_guest {
            custom("guestJwtSessionTimeoutType", "guestJwtTimeout")
        } else if self.issues_jwt() {
            custom("namedUserJwtSessionTimeoutType", "namedUserJwtTimeout")
        } else {
            minutes(self.policy("sessionTimeoutInMinutes"))
        };
        let by_profile = user.profile.as_ref().and_then(|profile| org.login_policies.get(profile));
        own.or(by_profile.and_then(|policy| policy.session_timeout_minutes))
            .unwrap_or(org.session_timeout_minutes)
            .saturating_mul(MINUTE)
    }

    fn id_token(&self, element: &str) -> Option<&str> {
        match self.global.get("idTokenConfig") {
            Some(Value::Fields(config)) => text(config, element),
            _ => None,
        }
    }

    pub fn id_token_minutes(&self) -> u64 {
        self.id_token("idTokenValidityInMinutes").and_then(|text| text.parse().ok()).unwrap_or(2)
    }

    pub fn id_token_has_standard_claims(&self) -> bool {
        self.id_token("idTokenIncludeStandardClaims") == Some("true")
    }

    /// The first setting whose effect on the token endpoint is unknown.
    pub fn unsupported_setting(&self, scopes: &[String]) -> Option<&'static str> {
        for element in ["isDPopEnabled", "isMtlsEnabled", "isEnforceRefreshTokenTTL"] {
            if self.is_on(element) {
                return Some(element);
            }
        }
        if !scopes.iter().any(|scope| scope == "openid") {
            return None;
        }
        ["idTokenAudience", "idTokenIncludeAttributes", "idTokenIncludeCustomPermissions"]
            .into_iter()
            .find(|element| self.id_token(element).is_some_and(|value| value != "false"))
    }

    /// Whether the app has trusted IP ranges, whose effect on headless logins is not known.
    pub fn has_trusted_ranges(&self) -> bool {
        self.settings.get("trustedIpRanges").is_some_and(|ranges| !ranges.is_empty())
    }
}

pub struct RefreshLimits {
    pub is_allowed: bool,
    pub lifetime: Option<Millis>,
    pub idle: Option<Millis>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_except_one_has_an_oauth_name() {
        let known = &crate::contract::Contract::get().oauth_scopes;
        for (name, _) in SCOPES {
            assert!(known.iter().any(|scope| scope == name), "{name}");
        }
        let unnamed: Vec<&String> =
            known.iter().filter(|scope| !SCOPES.iter().any(|(name, _)| name == scope)).collect();
        assert_eq!(unnamed, ["DataCloudUserClaims"], "scopes without a name in OAuth");
    }
}
