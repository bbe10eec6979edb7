//! The successful behavior of the flows, and the evidence for it. The rejections are in `gate.rs`.

use crate::behavior::{Evidence, Fact, facts};

/// The behaviors of the site's flows, listed in README.md.
pub const FACTS: &[Fact] = facts![
    Confirmed: "authorize returns 302 with code, sfdc_community_url and sfdc_community_id in the Location; echo returns them as JSON", "Headless Identity guide and one observer";
    Confirmed: "Auth-Request-Type is Named-User, user-registration, passwordless-login or guest", "guide, Salesforce's mobile SDK, one observer";
    Confirmed: "One-time codes are sent as Basic identifier:code with Auth-Verification-Type", "guide and Salesforce's mobile SDK";
    Confirmed: "Basic credentials are standard Base64 (guide) or URL-safe Base64 without padding (mobile SDK)", "guide; Salesforce's mobile SDK";
    Confirmed: "A refresh token is issued only with the scope refresh_token or offline_access; without it there is no error", "guide and one observer";
    Confirmed: "JWT access tokens: the header has tnk, ver, kid, tty, typ, alg; the payload scp, aud, sub, nbf, mty, sfi, roles, iss, hsc, exp, iat, client_id", "Help and the tests of Salesforce's mobile SDK";
    Cited: "The subject of a guest's token is uvid: and the ID that the app generated", "one observer of a live org";
    Cited: "Scopes are separated by spaces", "one observer, RFC 6749; the guide uses commas";
    Cited: "Token responses have the instance_url and id of the org's host, and the sfdc_community_url of the site", "guide";
    Cited: "isConsumerSecretOptional false requires the secret, true makes it optional", "Metadata API guide; Help's page on the flow states the opposite";
    Cited: "The password of a registration is beside userdata (guide) or in it (mobile SDK)", "guide; Salesforce's mobile SDK";
    Cited: "The user of a registration is created at the authorize call, by the handler", "guide";
    Cited: "Forgot password returns the same response for unknown users", "guide";
    Cited: "Rotation returns a new refresh token each time; a reused one revokes the login with all its tokens", "Help article on rotation";
    Cited: "Revoking a refresh token revokes its access tokens", "Help";
    Cited: "The sixth login of a user in an app revokes the oldest", "error tables of two vendors";
    Cited: "Users who are no longer covered by the policies of the app lose its tokens", "Help's page on the flow";
    Cited: "ID tokens are valid for idTokenValidityInMinutes, 2 by default", "Metadata API guide";
    Cited: "Token lifetimes: guestJwtTimeout, namedUserJwtTimeout, sessionTimeoutInMinutes (opaque tokens); otherwise the session timeout of the profile or the org", "Metadata API guide";
    Cited: "CORS preflights and headers depend on the list of origins and the setting for OAuth endpoints", "Help";
    Cited: "A one-time code has six characters", "one client";
    Assumed: "Codes of authorize are valid for 15 minutes and are consumed only by success", "published for the web server flow";
    Assumed: "One-time codes are valid for 10 minutes; failed attempts of a login or a registration are not counted", "no source";
    Assumed: "isCodeCredPostOnly does not affect the variants with one-time codes, which use only the header", "no source";
    Assumed: "A code_challenge without code_challenge_method is S256", "clients of Salesforce omit it";
    Assumed: "A passwordless login of an unknown user returns an identifier and sends nothing", "like forgot password";
    Assumed: "A guest who logs in keeps the visitor ID, as the claim uvid", "the header is documented, the claim is not";
    Assumed: "Guests get no refresh token and no ID token", "no source";
    Assumed: "Lifetimes and idle timeouts follow the current policy, not that of the login", "no source";
    Assumed: "While an app is disabled nothing works, and nothing is revoked", "no source";
    Assumed: "A month of a refresh policy has 30 days; the org's session timeout is 120 minutes", "general knowledge";
    Assumed: "The issuer and the audience of tokens are the site's URL", "test vectors have the org's URL for tokens of the org";
    Assumed: "A site with authentication and reCAPTCHA requires both; the second call of forgot password requires no reCAPTCHA", "no source";
    Cited: "Scopes have other names in OAuth: pwdless_login_api, user_registration_api, forgot_password, api, refresh_token, …", "guide; the less common ones are general knowledge";
    Assumed: "Custom scopes are requested by their own names", "no source";
    Assumed: "A code is redeemed with the key that requested it, not with other credentials of the app", "no source";
    Assumed: "Passwords have eight characters, letters and digits", "the default policy of new orgs";
    Assumed: "Login hours are checked at the login, not at a refresh; IP ranges at both", "no source";
];
