//! How the site's flows reject requests: one row per gate, with its response and the evidence for it. Correcting a
//! response to match a real org changes only one row. The order of the gates is the order of the checks in
//! `authorize.rs`, `token.rs` and the other endpoints.

use serde_json::{Value, json};

use crate::behavior::Evidence;
use crate::emulator::Call;
use crate::fault;
use crate::http::Response;

/// The response from a closed gate.
#[derive(Clone, Copy)]
pub enum Reply {
    /// The login page of the site: the request was not recognized as headless.
    Page(u16),
    /// `{"error", "error_description"}`
    OAuth(u16, &'static str, &'static str),
    /// Plain text.
    Plain(u16, &'static str),
    /// An error from the data APIs.
    Rest(u16, &'static str, &'static str),
    /// JSON in a format other than those of `OAuth` and `Rest`.
    Json(u16, &'static str),
    /// A response without CORS headers, which a browser does not pass to the page.
    NoCors(u16),
}

impl std::fmt::Display for Reply {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Page(status) => write!(formatter, "{status}, the login page in HTML"),
            OAuth(status, error, description) => write!(formatter, "{status} `{error}` \"{description}\""),
            Plain(status, word) => write!(formatter, "{status} text `{word}`"),
            Rest(status, code, text) => write!(formatter, "{status} `{code}` \"{text}\""),
            Json(status, body) => write!(formatter, "{status} `{body}`"),
            NoCors(status) => write!(formatter, "{status} to a preflight, no CORS headers"),
        }
    }
}

pub struct Row {
    /// The ID in the journal. Letters are appended where one setting has several responses.
    pub id: &'static str,
    pub endpoint: &'static str,
    pub closed_when: &'static str,
    pub reply: Reply,
    pub evidence: Evidence,
    pub source: &'static str,
}

macro_rules! gates {
    ($($gate:ident: $id:literal, $endpoint:literal, $closed:literal, $reply:expr, $evidence:ident, $source:literal;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Gate { $($gate),* }

        impl Gate {
            pub const ALL: &'static [Gate] = &[$(Gate::$gate),*];

            pub fn row(self) -> Row {
                match self {
                    $(Gate::$gate => Row {
                        id: $id,
                        endpoint: $endpoint,
                        closed_when: $closed,
                        reply: $reply,
                        evidence: Evidence::$evidence,
                        source: $source,
                    }),*
                }
            }
        }
    };
}

use Reply::{Json, NoCors, OAuth, Page, Plain, Rest};

gates! {
    // Every call.
    SiteInactive: "N5", "all", "the site is not active: `Network.status` is not `Live`", Page(404), Assumed, "one guide and one observer state that the endpoints need activation, not their earlier response";
    Origin: "N7", "all", "a browser calls from an origin that is not on the CORS list, or CORS is not enabled for OAuth endpoints", NoCors(403), Assumed, "the list is documented; the response to a preflight is not";

    // Authorize, in the order of the checks.
    OrgSwitch: "G1", "authorize", "`OauthOidcSettings.oAuthCdCrdtFlowEnable` is false", Page(200), Cited, "one observer of a live org";
    ClientUnknown: "C1", "authorize, token", "no app has this consumer key, it has not propagated yet, or it has expired or was deleted", OAuth(400, "invalid_client_id", "client identifier invalid"), Cited, "Help's list of OAuth errors";
    AppDisabled: "G3", "authorize, token", "`isEnabled` or `isOauthPluginEnabled` of the app policies is false", OAuth(400, "invalid_client_id", "client identifier invalid"), Assumed, "no source";
    FlowOff: "G4", "authorize, token", "`isCodeCredFlowEnabled` is false", OAuth(400, "invalid_grant", "code credentials flow is not enabled for the app"), Assumed, "like the error of the device flow on live orgs";
    RedirectMissing: "G10a", "authorize", "no `redirect_uri`", OAuth(400, "redirect_uri_missing", "redirect_uri not provided"), Cited, "Help's list of OAuth errors; the text is assumed";
    RedirectMismatch: "G10", "authorize", "`redirect_uri` is not exactly a line of `callbackUrl`", OAuth(400, "redirect_uri_mismatch", "redirect_uri must match configuration"), Confirmed, "Help's list of OAuth errors and one observer";
    NotHeadless: "H0", "authorize", "no `Auth-Request-Type`", Page(200), Assumed, "observers get the page whenever a request is not recognized as headless";
    RequestType: "H1", "authorize, token", "`Auth-Request-Type` is not one of the four, or does not match the code", OAuth(400, "invalid_request", "invalid headers"), Cited, "one observer of a live org; the error code is assumed";
    ResponseType: "H2", "authorize", "`response_type` is not `code_credentials`", OAuth(400, "unsupported_response_type", "response type not supported"), Cited, "Help's list of OAuth errors; the text is assumed";
    Scope: "G11", "authorize", "a requested scope is not among the app's", Page(200), Cited, "one observer of a live org";
    GuestScope: "G11a", "authorize", "the same, for guests", OAuth(400, "invalid_scope", "the requested scope is not allowed"), Cited, "one observer of a live org; the text is assumed";
    OrgPkce: "G2", "authorize", "no `code_challenge` and `OauthOidcSettings.isPkceRequired` is true", OAuth(400, "invalid_request", "missing required code challenge"), Cited, "Metadata API guide; text of the web server flow";
    Challenge: "G7", "authorize", "no `code_challenge` and the app's `isPkceRequired` is true", OAuth(400, "invalid_request", "missing required code challenge"), Cited, "text of the web server flow";
    ChallengeMethod: "G7a", "authorize", "`code_challenge_method` is not `S256`, or the challenge is not a SHA-256 in base64url", OAuth(400, "invalid_request", "invalid code challenge"), Assumed, "no source";
    PostOnly: "G5", "authorize", "`isCodeCredPostOnly` is true and the credentials are not in a POST body", Page(200), Cited, "one observer; the guide says that the header is then ignored";
    NoCredentials: "C0", "authorize", "no credentials at all", Page(200), Assumed, "observers get the page whenever a request is not recognized as headless";
    GuestOff: "G14", "authorize", "`isGuestCodeCredFlowEnabled` is false", OAuth(400, "invalid_request", "guest flow not enabled"), Cited, "one observer of a live org; the error code is assumed";
    GuestJwt: "G14b", "authorize", "a guest, and the app's `isNamedUserJwtEnabled` is false", OAuth(400, "invalid_request", "guest flow needs JWT-based access tokens"), Assumed, "the guide says that it does not work, not the response";
    GuestUser: "G14c", "authorize", "the site has no active guest user", OAuth(400, "invalid_request", "guest flow not enabled"), Assumed, "no source";
    Uvid: "G14d", "authorize, token", "`Uvid-Hint` is missing, not prefixed at authorize, prefixed at token, not a UUID v4 or guest token, or differs from authorize", OAuth(400, "invalid_request", "uvid invalid"), Cited, "one observer of a live org";
    UvidJwt: "G13", "authorize", "a named user sends a guest token and the app's `isNamedUserJwtEnabled` is false", OAuth(400, "invalid_request", "uvid invalid"), Assumed, "the guide says that the named user's token must also be a JWT";
    RegistrationStep: "N1b", "authorize", "at the time of the code, registration is disabled, or its handler, execution user or default profile is missing", OAuth(400, "invalid_request", "headless registration is not enabled"), Assumed, "no source";
    PasswordlessStep: "N2b", "authorize", "at the time of the code, passwordless login is disabled", OAuth(400, "invalid_request", "passwordless login is not enabled"), Assumed, "no source";
    Identifier: "O1", "authorize", "the identifier is unknown, used, expired, or belongs to another variant", OAuth(400, "invalid_grant", "authentication failure"), Assumed, "no source";
    VerificationType: "O2", "authorize", "`Auth-Verification-Type` is not the method by which the code was sent", OAuth(400, "invalid_grant", "authentication failure"), Assumed, "no source";
    OneTimeCode: "O3", "authorize", "the one-time code is wrong", OAuth(400, "invalid_grant", "authentication failure"), Assumed, "no source";
    Credentials: "C2", "authorize", "unknown user or wrong password", OAuth(400, "invalid_grant", "authentication failure"), Cited, "one observer of a live org";
    HandlerFailed: "N1c", "authorize", "the registration handler cannot create the user: the username is taken", OAuth(400, "invalid_request", "registration failed: duplicate username"), Assumed, "no source";
    Licence: "N6b", "authorize", "the user has no external license", OAuth(400, "invalid_grant", "authentication failure"), Assumed, "the only observed text for failed logins";
    Inactive: "N6a", "authorize, token", "the user is not active", OAuth(400, "invalid_grant", "authentication failure"), Assumed, "the only observed text for failed logins";
    Member: "N6", "authorize, token", "the user has no member profile or member permission set of the site", OAuth(400, "invalid_grant", "authentication failure"), Assumed, "the only observed text for failed logins";
    LoginRestricted: "G20", "authorize, token", "the login is outside of the profile's login hours or IP ranges; `ipRelaxationPolicyType` relaxes the ranges", OAuth(400, "invalid_grant", "ip restricted or invalid login hours"), Cited, "Help's list of OAuth errors, one client's source";
    NotAdmitted: "G6", "authorize, token", "`AdminApprovedPreAuthorized`, and the user has none of the permission sets and profiles", OAuth(400, "invalid_app_access", "user is not admin approved to access this app"), Cited, "one observer of a live org; the endpoint is assumed";
    SelfAuthorized: "G6b", "authorize, token", "`AllSelfAuthorized`: a user cannot approve without a browser", OAuth(400, "invalid_grant", "user hasn't approved this consumer"), Confirmed, "two observers of live orgs";
    SessionLevel: "G21", "authorize", "`requiredSessionLevel` is `HIGH_ASSURANCE`", OAuth(400, "invalid_grant", "high assurance session required"), Assumed, "there is no page to raise the level; the text has no source";

    // Token, in the order of the checks.
    Method: "H3", "token, revoke, introspect, init", "not POST", OAuth(400, "invalid_request", "must use HTTP POST"), Assumed, "Help's list states the opposite for authorize";
    GrantType: "H4", "token", "unknown `grant_type`", OAuth(400, "unsupported_grant_type", "grant type not supported"), Cited, "Help's list of OAuth errors";
    Secret: "G8", "token", "`isConsumerSecretOptional` is false and no secret is sent, or the secret is wrong", OAuth(400, "invalid_client", "invalid client credentials"), Cited, "Metadata API guide, one client's source; that a wrong optional secret fails is assumed";
    Code: "C3", "token", "the code is unknown", OAuth(400, "invalid_grant", "invalid authorization code"), Assumed, "no source for this flow";
    CodeUsed: "C4", "token", "the code was used before", OAuth(400, "invalid_grant", "expired authorization code"), Assumed, "no source for this flow";
    CodeExpired: "C5", "token", "the code is older than 15 minutes", OAuth(400, "invalid_grant", "expired authorization code"), Assumed, "no source for this flow";
    CodeOfOther: "C6", "token", "the code was issued to another app", OAuth(400, "invalid_grant", "invalid authorization code"), Assumed, "no source for this flow";
    RedirectChanged: "C7", "token", "`redirect_uri` differs from the one of authorize", OAuth(400, "redirect_uri_mismatch", "redirect_uri must match configuration"), Assumed, "no source for this endpoint";
    Verifier: "G7b", "token", "`code_verifier` does not match the challenge", OAuth(400, "invalid_grant", "invalid code verifier"), Cited, "text of the web server flow";
    VerifierMissing: "G7c", "token", "a challenge was sent and `code_verifier` is missing", OAuth(400, "invalid_grant", "invalid code verifier"), Assumed, "RFC 9700 2.1.1; the text has no source";
    VerifierUnasked: "G7d", "token", "`code_verifier` without a challenge", OAuth(400, "invalid_grant", "invalid code verifier"), Assumed, "RFC 9700 4.8.2";
    GuestHeaders: "G14e", "token", "a guest's code without `Auth-Request-Type: guest` and `Uvid-Hint`", OAuth(400, "unknown_error", "unknown error"), Cited, "one guide; an observer gets \"uvid invalid\"";

    // Refresh.
    RefreshSecret: "G9", "token (refresh)", "`isSecretRequiredForRefreshToken` is true and no secret is sent, or the secret is wrong", OAuth(400, "invalid_client", "invalid client credentials"), Cited, "Metadata API guide, one client's source";
    RefreshUnknown: "R1", "token (refresh)", "the refresh token is unknown, belongs to another app, or is revoked", OAuth(400, "invalid_grant", "expired access/refresh token"), Cited, "error tables of two vendors";
    RefreshPolicy: "G17", "token (refresh)", "`refreshTokenPolicyType` is `Zero`, or the lifetime or the idle timeout has passed", OAuth(400, "invalid_grant", "expired access/refresh token"), Cited, "error tables of two vendors";
    Rotated: "G18", "token (refresh)", "the refresh token was replaced by a rotation: it and all its access tokens are revoked", OAuth(400, "invalid_grant", "expired access/refresh token"), Cited, "Help article on rotation";
    IdleLimit: "G19", "token (refresh)", "idle for longer than the org's limit, whatever the policy is", OAuth(400, "invalid_grant", "expired access/refresh token"), Cited, "Help article on idle refresh tokens; the text is assumed";
    AccessLost: "G6c", "token (refresh)", "the user lost access to the app by a change of its policies, or the app was deleted", OAuth(400, "invalid_grant", "expired access/refresh token"), Assumed, "the guide says that users lose access, not the response to a refresh";

    // The start of a passwordless login, a registration, a password reset.
    RegistrationOff: "N1", "init registration", "`isHeadlessUserRegistrationAllowed` is false", OAuth(400, "invalid_request", "headless registration is not enabled"), Assumed, "no source";
    RegistrationSetup: "N1a", "init registration", "the Apex handler, the execution user or the default profile is missing", OAuth(400, "invalid_request", "headless registration is not set up"), Assumed, "no source";
    PasswordlessOff: "N2", "init passwordless login", "`isPwdlessLoginAllowed` is false", OAuth(400, "invalid_request", "passwordless login is not enabled"), Assumed, "no source";
    ForgotOff: "N3", "forgot password", "`isForgotPwdAllowed` is false", Json(400, r#"{"invalid_request":"forgot password is not enabled"}"#), Assumed, "format of one live client; the text has no source";
    InitBody: "I1", "init, forgot password", "the body is not a JSON object, or a member is missing", OAuth(400, "invalid_request", "invalid request body"), Assumed, "no source";
    Authentication: "G12", "init, forgot password", "the site requires authentication, and there is no bearer token of an internal user with the scope of the flow", OAuth(401, "invalid_request", "authentication required"), Assumed, "no source";
    Recaptcha: "N4", "init", "the site requires reCAPTCHA: the token is missing or wrong, the score is too low, or the site has no secret key", OAuth(400, "invalid_request", "reCAPTCHA verification failed"), Assumed, "no source";
    ForgotRecaptcha: "N4a", "forgot password", "the same", Json(400, r#"{"invalid_request":"reCAPTCHA verification failed"}"#), Assumed, "format of one live client; the text has no source";
    Unverified: "N2a", "init passwordless login", "the user's email address or phone number is not verified", OAuth(400, "invalid_request", "the user has no verified address for this method"), Assumed, "verified addresses are documented as required, the response without one is not";
    WeakPassword: "I2", "init registration", "the password violates the password policy", OAuth(400, "invalid_request", "the password does not meet the password policy"), Assumed, "no source";
    ResetCode: "F1", "forgot password", "the one-time code is wrong, used or expired", Json(400, r#"{"status_code":"invalid_otp","otp_error":"invalid OTP","status":"failed"}"#), Cited, "one live client; the HTTP status is assumed";
    ResetAttempts: "N3a", "forgot password", "more than `maxPasswordResetAttempts` wrong codes", Json(400, r#"{"status_code":"regenerate_otp","otp_error":"regenerate OTP","status":"failed"}"#), Assumed, "one client handles the word";
    ResetPolicy: "F2", "forgot password", "the new password violates the password policy", Json(400, r#"{"status_code":"password_policy_check_failure","password_error":"the password does not meet the password policy","status":"failed"}"#), Cited, "one live client; the HTTP status is assumed";

    // The use of tokens.
    TokenMissing: "T1", "userinfo", "no bearer token", Plain(403, "Missing_OAuth_Token"), Assumed, "the word is documented, the HTTP status is not";
    TokenBad: "T2", "userinfo", "the access token is unknown, expired or revoked", Plain(403, "Bad_OAuth_Token"), Cited, "one client's tests";
    IntrospectClient: "T3", "introspect", "the client does not authenticate: a public client has no secret", OAuth(401, "invalid_client", "invalid client credentials"), Assumed, "RFC 7662 2.3";
    IntrospectOther: "G23", "introspect", "the token belongs to another app and `isIntrospectAllTokens` is false, or it is unknown or no longer valid", Json(200, r#"{"active":false}"#), Cited, "Metadata API guide, RFC 7662 2.2";
    RevokeUnknown: "T4", "revoke", "the token is unknown", OAuth(400, "unsupported_token_type", "this token type is not supported"), Cited, "Help; the choice between its two errors is assumed";
    RevokeAgain: "T5", "revoke", "the token is no longer valid", OAuth(400, "invalid_token", "this token has expired or has been revoked"), Cited, "Help; the choice between its two errors is assumed";
    SessionOver: "U0", "data APIs", "the user is no longer active, or the app is disabled", Rest(401, "INVALID_SESSION_ID", "Session expired or invalid"), Assumed, "no source";
    ApiEnabled: "U1", "data APIs", "the user has no API Enabled", Rest(403, "API_CURRENTLY_DISABLED", "API is disabled for this User"), Cited, "one observer of a live org";
    ApiScope: "U2", "data APIs", "the token has neither the scope `api` nor `full`", Rest(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"), Assumed, "no source for this flow";
    Issuer: "U3", "data APIs of the org's host", "a JWT of the site is sent to the org's host", Rest(401, "INVALID_AUTH_HEADER", "INVALID_ISS"), Cited, "one observer of a live org, for guests";
}

/// The reason why a request fails.
#[derive(Debug, PartialEq, Eq)]
pub enum Stop {
    Gate(Gate),
    /// Behavior without evidence, rejected with an explicit message.
    NotEmulated(String),
}

/// The table, for tests over HTTP.
pub fn list() -> Vec<Value> {
    let row = |gate: &Gate| {
        let row = gate.row();
        json!({
            "gate": row.id,
            "endpoint": row.endpoint,
            "closedWhen": row.closed_when,
            "answer": row.reply.to_string(),
            "evidence": format!("{:?}", row.evidence).to_lowercase(),
            "source": row.source,
        })
    };
    Gate::ALL.iter().map(row).collect()
}

impl From<Gate> for Stop {
    fn from(gate: Gate) -> Stop {
        Stop::Gate(gate)
    }
}

pub fn not_emulated<T>(what: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::NotEmulated(what.into()))
}

impl Stop {
    pub fn answer(&self, call: &mut Call) -> Response {
        match self {
            Stop::Gate(gate) => gate.answer(call),
            Stop::NotEmulated(what) => fault::oauth(501, "not_emulated", &format!("not emulated: {what}")),
        }
    }
}

impl Gate {
    pub fn answer(self, call: &mut Call) -> Response {
        let row = self.row();
        call.note("gate", json!(row.id));
        match row.reply {
            Page(status) => Response::new(status, "text/html; charset=UTF-8", LOGIN_PAGE)
                .header("cache-control", "no-cache,must-revalidate,max-age=0,no-store,private"),
            OAuth(status, error, description) => fault::oauth(status, error, description),
            Plain(status, word) => Response::new(status, "text/plain", word),
            Rest(status, code, text) => fault::rest(status, code, text),
            Json(status, body) => Response::new(status, "application/json;charset=UTF-8", body),
            NoCors(status) => Response::empty(status),
        }
    }
}

const LOGIN_PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Login | Shop</title>
</head>
<body>
<main>
<h1>Log in to Shop</h1>
<form method="post" action="/s/login/" id="login_form">
<label for="username">Username</label>
<input type="email" id="username" name="username" autocomplete="username">
<label for="password">Password</label>
<input type="password" id="password" name="pw" autocomplete="current-password">
<button type="submit" id="Login">Log In</button>
</form>
<p><a href="/s/login/ForgotPassword">Forgot your password?</a></p>
</main>
</body>
</html>
"#;
