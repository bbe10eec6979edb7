//! An app with logins by client credentials and by JWT, and the calls that manage its credentials.

use salesforce_emulator::credentials::TEST_ONLY_CERTIFICATE;
use serde_json::{Value, json};

use crate::client::{APP, GLOBAL, OAUTH, OAUTH_POLICIES, Org, Package, Response, start};
use crate::tokens::{assert_with, claims, jwt, request_token};

pub const MONTH: u64 = 30 * 86_400;

/// Key and secret.
pub type Pair = (String, String);

pub struct Keys {
    pub org: Org,
    /// The ID of the app, with 18 characters.
    pub app: String,
    pub consumer: String,
}

impl Keys {
    pub fn open() -> Keys {
        let org = start();
        let user = &org.running.credentials.username;
        let parent = "<externalClientApplication>Shop</externalClientApplication>";
        let package = Package::new()
            .with(APP, "Shop", "<contactEmail>a@example.com</contactEmail><label>Shop</label>")
            .with(
                OAUTH,
                "Shop_oauth",
                &format!("<commaSeparatedOauthScopes>Api</commaSeparatedOauthScopes>{parent}"),
            )
            .with(
                GLOBAL,
                "Shop_global",
                &format!(
                    "<callbackUrl>https://shop.example/</callbackUrl>\
                     <certificate>{TEST_ONLY_CERTIFICATE}</certificate>{parent}\
                     <isClientCredentialsFlowEnabled>true</isClientCredentialsFlowEnabled>"
                ),
            )
            .with(
                OAUTH_POLICIES,
                "Shop_policies",
                &format!(
                    "<clientCredentialsFlowUser>{user}</clientCredentialsFlowUser>\
                     <commaSeparatedPermissionSet>Shop_Staff</commaSeparatedPermissionSet>{parent}\
                     <isClientCredentialsFlowEnabled>true</isClientCredentialsFlowEnabled>\
                     <permittedUsersPolicyType>AdminApprovedPreAuthorized</permittedUsersPolicyType>"
                ),
            );
        let deployed = org.deploy(&package);
        assert_eq!(deployed.status(), "Succeeded", "{}", deployed.text);
        let app = org.rest("GET", "/services/data/v66.0/apps/oauth/usage", "").json();
        let app = app["apps"][0]["identifier"].as_str().unwrap().to_string();
        let consumers = format!("/services/data/v66.0/apps/oauth/credentials/{app}");
        let consumers = org.rest("GET", &consumers, "").json();
        let consumer = consumers["consumers"][0]["id"].as_str().unwrap().to_string();
        Keys { org, app, consumer }
    }

    pub fn switch(&self, switches: &Value) {
        self.org.admin("PATCH", "org", &switches.to_string());
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/services/data/v66.0/apps/oauth/credentials/{}/{}{rest}", self.app, self.consumer)
    }

    pub fn get(&self, rest: &str) -> Response {
        self.org.rest("GET", &self.path(rest), "")
    }

    /// The current credentials, as REST returns them.
    pub fn main(&self) -> Pair {
        pair(&self.get("?part=keyandsecret").json())
    }

    pub fn stage(&self) -> Response {
        self.org.json("POST", &self.path("/staged"), "{}")
    }

    pub fn rotate(&self, id: &str) -> Response {
        self.org.json("PATCH", &self.path(&format!("/staged/{id}")), r#"{"command":"rotate"}"#)
    }

    pub fn delete(&self, id: &str) -> Response {
        self.org.rest("DELETE", &self.path(&format!("/staged/{id}")), "")
    }

    /// The list of staged and previous credentials.
    pub fn staged(&self) -> Vec<Value> {
        self.get("/staged").json()["stagedCredentials"].as_array().unwrap().clone()
    }

    /// The states in the list, the oldest first.
    pub fn states(&self) -> Vec<String> {
        self.staged().iter().map(|one| one["state"].as_str().unwrap().to_string()).collect()
    }

    /// Stages credentials. Returns their ID, and their key and secret.
    pub fn stage_pair(&self) -> (String, Pair) {
        let response = self.stage();
        assert_eq!(response.status, 201, "{}", response.body);
        let all = response.json()["stagedCredentials"].as_array().unwrap().clone();
        let one = all.iter().find(|one| one["state"] == "Active").unwrap();
        (one["id"].as_str().unwrap().to_string(), pair(one))
    }

    pub fn advance_clock(&self, seconds: u64) {
        self.org.admin("POST", "clock", &json!({ "forward_seconds": seconds }).to_string());
    }

    pub fn log_in(&self, key: &str, secret: &str) -> Response {
        let grant = ("grant_type", "client_credentials");
        request_token(&self.org, &[grant, ("client_id", key), ("client_secret", secret)])
    }

    pub fn logs_in(&self, (key, secret): &Pair) -> bool {
        self.log_in(key, secret).status == 200
    }

    pub fn log_in_by_jwt(&self, key: &str) -> Response {
        let mut claims = claims(&self.org);
        claims["iss"] = json!(key);
        assert_with(&self.org, &jwt(&json!({ "alg": "RS256" }), &claims))
    }

    pub fn remove(&self, kind: &str, name: &str) {
        self.org.admin("DELETE", &format!("components/{kind}/{name}"), "");
    }

    pub fn remove_app(&self) {
        self.remove(APP, "Shop");
    }
}

pub fn pair(json: &Value) -> Pair {
    let text = |name: &str| json[name].as_str().unwrap_or_else(|| panic!("{name} in {json}")).to_string();
    (text("key"), text("secret"))
}
