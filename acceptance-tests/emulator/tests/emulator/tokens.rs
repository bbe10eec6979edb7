//! Logins, and sessions that expire.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use salesforce_emulator::Config;
use salesforce_emulator::credentials::{TEST_ONLY_CERTIFICATE, TEST_ONLY_KEY};
use serde_json::{Value, json};

use crate::client::{APP, GLOBAL, OAUTH_POLICIES, Org, Package, Response, start, start_with};

pub fn request_token(org: &Org, fields: &[(&str, &str)]) -> Response {
    let body: Vec<String> = fields
        .iter()
        .map(|(name, value)| {
            format!("{name}={}", value.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>())
        })
        .collect();
    org.http(
        "POST",
        "/services/oauth2/token",
        &[("Content-Type", "application/x-www-form-urlencoded")],
        body.join("&").as_bytes(),
    )
}

pub fn jwt(header: &Value, claims: &Value) -> String {
    let body: String = TEST_ONLY_KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
    let key = ring::signature::RsaKeyPair::from_pkcs8(&der).unwrap();
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let mut signature = vec![0; key.public().modulus_len()];
    let random = ring::rand::SystemRandom::new();
    key.sign(&ring::signature::RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn in_seconds(ahead: i64) -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap() + ahead
}

pub fn claims(org: &Org) -> Value {
    json!({
        "iss": org.running.credentials.client_id,
        "sub": org.running.credentials.username,
        "aud": "https://login.salesforce.com",
        "exp": in_seconds(180),
    })
}

pub fn assert_with(org: &Org, assertion: &str) -> Response {
    request_token(
        org,
        &[("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)],
    )
}

#[test]
fn a_signed_assertion_is_exchanged_for_a_session() {
    let mut org = start();
    let rs256 = json!({ "alg": "RS256" });
    let response = assert_with(&org, &jwt(&rs256, &claims(&org)));
    assert_eq!(response.status, 200, "{}", response.body);
    let token = response.json();
    assert_eq!(token["instance_url"], org.running.url);
    org.token = token["access_token"].as_str().unwrap().to_string();
    assert!(org.token.starts_with("00DEM0000000001"));
    org.shop();
    let id = token["id"].as_str().unwrap().strip_prefix(&org.running.url).unwrap().to_string();
    assert_eq!(org.rest("GET", &id, "").json()["organization_id"], org.running.org_id);
    // Also accepted: milliseconds, which the CLI sends, and the org's URL with or without a slash at the end.
    for (name, value) in [
        ("exp", json!(in_seconds(180) * 1000)),
        ("aud", json!(org.running.url)),
        ("aud", json!(format!("{}/", org.running.url))),
    ] {
        let mut claims = claims(&org);
        claims[name] = value;
        assert_eq!(assert_with(&org, &jwt(&rs256, &claims)).status, 200, "{name}");
    }
}

#[test]
fn invalid_assertions_are_rejected() {
    let org = start();
    let rs256 = json!({ "alg": "RS256" });
    for (name, value, error) in [
        ("iss", json!("3MVG9nobody"), "invalid_client_id"),
        ("sub", json!("nobody@x.example"), "hasn't approved"),
        ("aud", json!("https://evil.example"), "audience is invalid"),
        ("aud", Value::Null, "audience is invalid"),
        ("exp", json!(in_seconds(-60)), "expired"),
        ("exp", json!(in_seconds(3600)), "too far in the future"),
        ("exp", Value::Null, "expired"),
    ] {
        let mut claims = claims(&org);
        claims[name] = value;
        let response = assert_with(&org, &jwt(&rs256, &claims));
        assert_eq!(response.status, 400, "{name}");
        assert!(response.body.contains(error), "{name}: {}", response.body);
    }
    let valid = jwt(&rs256, &claims(&org));
    let mut forged = valid.clone();
    forged.truncate(valid.len() - 8);
    let unsigned = jwt(&json!({ "alg": "none" }), &claims(&org));
    for assertion in ["", "a.b", "a.b.c", "....", &forged, &unsigned] {
        assert_eq!(assert_with(&org, assertion).json()["error"], "invalid_grant", "{assertion}");
    }
    let user = org.running.credentials.username.clone();
    org.admin("PATCH", "org", &json!({ "users": { user: { "approved": false } } }).to_string());
    assert!(assert_with(&org, &valid).body.contains("user hasn't approved this consumer"));
}

#[test]
fn client_credentials_and_refresh_tokens_log_in() {
    let org = start();
    let credentials = org.running.credentials.clone();
    let (id, secret) = (credentials.client_id.as_str(), credentials.client_secret.as_str());
    let grant = ("grant_type", "client_credentials");
    assert_eq!(request_token(&org, &[grant, ("client_id", id), ("client_secret", secret)]).status, 200);
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
    let header = format!("Basic {basic}");
    let response = org.http(
        "POST",
        "/services/oauth2/token",
        &[("Authorization", &header)],
        b"grant_type=client_credentials",
    );
    assert_eq!(response.status, 200);
    assert_eq!(
        request_token(&org, &[grant, ("client_id", id), ("client_secret", "x")]).json()["error"],
        "invalid_client"
    );
    assert_eq!(
        request_token(&org, &[grant, ("client_id", "x"), ("client_secret", "x")]).json()["error"],
        "invalid_client_id"
    );
    let refresh = [
        ("grant_type", "refresh_token"),
        ("client_id", id),
        ("client_secret", secret),
        ("refresh_token", credentials.refresh_token.as_str()),
    ];
    assert_eq!(request_token(&org, &refresh).status, 200);
    assert!(request_token(&org, &refresh[..3]).body.contains("expired access/refresh token"));
    assert_eq!(request_token(&org, &[("grant_type", "password")]).status, 501);
    assert_eq!(request_token(&org, &[("grant_type", "x")]).json()["error"], "unsupported_grant_type");
    assert_eq!(request_token(&org, &[]).status, 400);
}

#[test]
fn a_deployed_app_can_log_in() {
    let mut org = start();
    let parent = "<externalClientApplication>Shop</externalClientApplication>";
    let global = format!(
        "<certificate>{TEST_ONLY_CERTIFICATE}</certificate>{parent}\
         <isClientCredentialsFlowEnabled>true</isClientCredentialsFlowEnabled>"
    );
    org.shop();
    let deployed = org.deploy(&Package::new().with(GLOBAL, "Shop_global", &global));
    assert_eq!(deployed.status(), "Succeeded", "{}", deployed.text);
    let keys = org.components()[GLOBAL]["Shop_global"].clone();
    let (key, secret) = (keys["consumerKey"].as_str().unwrap(), keys["consumerSecret"].as_str().unwrap());
    let fields = [("grant_type", "client_credentials"), ("client_id", key), ("client_secret", secret)];
    assert!(request_token(&org, &fields).body.contains("client credentials flow not enabled"));
    let user = org.running.credentials.username.clone();
    let policies = |more: &str| {
        Package::new().with(
            OAUTH_POLICIES,
            "Shop_oauth_defaultPolicy",
            &format!("{parent}<isClientCredentialsFlowEnabled>true</isClientCredentialsFlowEnabled>{more}"),
        )
    };
    org.deploy(&policies(""));
    assert!(request_token(&org, &fields).body.contains("no client credentials user enabled"));
    org.deploy(&policies(&format!("<clientCredentialsFlowUser>{user}</clientCredentialsFlowUser>")));
    let token = request_token(&org, &fields).json()["access_token"].as_str().unwrap().to_string();
    // The bearer flow requires a policy that pre-authorizes the user.
    let mut claims = claims(&org);
    claims["iss"] = json!(key);
    let assertion = jwt(&json!({ "alg": "RS256" }), &claims);
    assert_eq!(assert_with(&org, &assertion).status, 400);
    org.deploy(&policies(
        "<commaSeparatedPermissionSet>Shop_Staff</commaSeparatedPermissionSet>\
         <permittedUsersPolicyType>AdminApprovedPreAuthorized</permittedUsersPolicyType>",
    ));
    assert_eq!(assert_with(&org, &assertion).status, 200);
    // The tokens of the app are revoked when the app is deleted.
    let own = std::mem::replace(&mut org.token, token);
    assert_eq!(org.soap("<describeMetadata/>").status, 200);
    org.deploy(&Package::new().delete(&[(APP, "Shop")]).option("checkOnly", "true"));
    let delete = Package::new().delete(&[(APP, "Shop")]);
    org.start_deploy(&delete);
    assert_eq!(org.soap("<describeMetadata/>").status, 500);
    org.token = own;
    assert_eq!(request_token(&org, &fields).json()["error"], "invalid_client_id");
}

#[test]
fn sessions_expire_and_the_fault_repeats_the_session_id() {
    let org = start();
    assert_eq!(org.rest("GET", "/services/oauth2/userinfo", "").status, 200);
    org.admin("POST", "sessions/expire", "");
    let soap = org.soap("<describeMetadata/>");
    assert_eq!(soap.status, 500);
    assert!(soap.body.contains("<faultcode>sf:INVALID_SESSION_ID</faultcode>"));
    assert!(soap.body.contains(&org.token), "real orgs have repeated it, and clients must not log it");
    let rest = org.rest("GET", "/services/data/v66.0", "");
    assert_eq!(rest.status, 401);
    assert_eq!(rest.json()[0]["errorCode"], "INVALID_SESSION_ID");
    assert!(org.admin("GET", "secrets", "").to_string().contains(&org.token));
}

#[test]
fn soap_rejects_jwt_tokens_below_version_68() {
    let mut org = start_with(Config { jwt_tokens: true, ..Config::default() });
    let response = assert_with(&org, &jwt(&json!({ "alg": "RS256" }), &claims(&org))).json();
    org.token = response["access_token"].as_str().unwrap().to_string();
    assert_eq!(org.token.split('.').count(), 3);
    let soap = org.soap("<describeMetadata/>");
    assert!(soap.body.contains("This session is not valid for use with the API"), "{}", soap.body);
    for (version, status) in [("67.0", 500), ("68.0", 200)] {
        assert_eq!(org.soap_at(version, "<describeMetadata/>").status, status, "{version}");
    }
    assert_eq!(org.rest("GET", "/services/data/v66.0", "").status, 200);
    let other =
        org.admin("POST", "sessions", &json!({ "user": org.running.credentials.username }).to_string());
    org.token = other["access_token"].as_str().unwrap().to_string();
    assert_eq!(org.soap("<describeMetadata/>").status, 200);
}

#[test]
fn inactive_users_and_assertions_without_an_expiry_get_no_session() {
    let org = start();
    let head = json!({ "alg": "RS256", "typ": "JWT" });
    let mut endless = claims(&org);
    endless.as_object_mut().unwrap().remove("exp");
    let rejected = assert_with(&org, &jwt(&head, &endless));
    assert!(
        rejected.status == 400 && rejected.body.contains("expired authorization code"),
        "{}",
        rejected.body
    );
    let name = org.running.credentials.username.clone();
    org.admin("PATCH", "org", &json!({ "users": { name: { "active": false } } }).to_string());
    let rejected = assert_with(&org, &jwt(&head, &claims(&org)));
    assert!(rejected.status == 400 && rejected.body.contains("inactive user"), "{}", rejected.body);
}
