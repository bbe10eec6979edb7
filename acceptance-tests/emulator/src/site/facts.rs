//! The successful behaviour of the flows, and the evidence for it. The refusals are in `gate.rs`.

use crate::behaviour::{Evidence, Fact, facts};

/// The list in README.md.
pub const FACTS: &[Fact] = facts![
    Confirmed: "authorize answers 302 with code, sfdc_community_url and sfdc_community_id in the Location; echo makes JSON of them", "Headless Identity guide and one observer";
    Confirmed: "Auth-Request-Type is Named-User, user-registration, passwordless-login or guest", "guide, Salesforce's mobile SDK, one observer";
    Confirmed: "One-time codes come as Basic identifier:code with Auth-Verification-Type", "guide and Salesforce's mobile SDK";
    Confirmed: "Basic credentials come in standard Base64 (guide) or URL-safe Base64 without padding (mobile SDK)", "guide; Salesforce's mobile SDK";
    Confirmed: "A refresh token comes only with the scope refresh_token or offline_access; without it there is no error", "guide and one observer";
    Confirmed: "JWT access tokens: the header has tnk, ver, kid, tty, typ, alg; the payload scp, aud, sub, nbf, mty, sfi, roles, iss, hsc, exp, iat, client_id", "Help and the tests of Salesforce's mobile SDK";
    Cited: "The subject of a guest's token is uvid: and the id that the app made up", "one observer of a live org";
    Cited: "Scopes are separated by spaces", "one observer, RFC 6749; the guide says commas";
    Cited: "Token answers have instance_url and id of the org's host, sfdc_community_url of the site's", "guide";
    Cited: "isConsumerSecretOptional false demands the secret, true lets it be left out", "Metadata API guide; Help's page on the flow has it the other way round";
    Cited: "The password of a registration stands beside userdata (guide) or in it (mobile SDK)", "guide; Salesforce's mobile SDK";
    Cited: "The user of a registration is made at the authorize call, by the handler", "guide";
    Cited: "Forgot password answers the same for users who do not exist", "guide";
    Cited: "Rotation gives a new refresh token each time; a used one ends the login with all its tokens", "Help article on rotation";
    Cited: "Revoking a refresh token ends its access tokens", "Help";
    Cited: "Six logins of one user in one app end the oldest", "two vendors' tables of errors";
    Cited: "Users who are no longer covered by the policies of the app lose what it gave them", "Help's page on the flow";
    Cited: "ID tokens live for idTokenValidityInMinutes, 2 by default", "Metadata API guide";
    Cited: "Token lifetimes: guestJwtTimeout, namedUserJwtTimeout, sessionTimeoutInMinutes (opaque tokens); else the profile's session timeout, else the org's", "Metadata API guide";
    Cited: "Preflights and headers of CORS follow the list of origins and the switch for OAuth endpoints", "Help";
    Cited: "A one-time code has six characters", "one client";
    Assumed: "Codes of authorize live for 15 minutes and are used up by success only", "published for the web server flow";
    Assumed: "One-time codes live for 10 minutes; wrong ones of a login or a registration are not counted", "no source";
    Assumed: "isCodeCredPostOnly does not touch the variants with one-time codes, which know only the header", "no source";
    Assumed: "A code_challenge without code_challenge_method is S256", "clients of Salesforce leave it out";
    Assumed: "A passwordless login of a user who does not exist gets an identifier and sends nothing", "as forgot password does";
    Assumed: "A guest who logs in keeps the visitor's id, as the claim uvid", "the header is documented, the claim is not";
    Assumed: "Guests get no refresh token and no ID token", "no source";
    Assumed: "Lifetimes and idle times follow the policy of now, not that of the login", "no source";
    Assumed: "While an app is switched off nothing works, and nothing is lost", "no source";
    Assumed: "A month of a refresh policy has 30 days; the org's session timeout is 120 minutes", "general knowledge";
    Assumed: "The issuer and the audience of tokens are the site's URL", "test vectors have the org's for tokens of the org";
    Assumed: "Both are demanded where a site wants authentication and reCAPTCHA; the second call of forgot password wants no reCAPTCHA", "no source";
    Cited: "Scopes have other names in OAuth: pwdless_login_api, user_registration_api, forgot_password, api, refresh_token, …", "guide; the rarer ones are general knowledge";
    Assumed: "Custom scopes are requested by their own names", "no source";
    Assumed: "A code is redeemed with the key that it was asked with, not with another pair of the app", "no source";
    Assumed: "Passwords have eight characters, letters and digits", "the default policy of new orgs";
    Assumed: "Login hours are checked at the login, not at a refresh; IP ranges at both", "no source";
];
