//! What a client needs to log in: the seeded values, and the files that `--credentials` writes.

use std::path::Path;

use serde_json::{Value, json};

use crate::org::Org;

/// A key pair for tests, published with the source. Only this emulator accepts it.
pub const TEST_ONLY_KEY: &str = include_str!("../keys/test-only-login.key");
pub const TEST_ONLY_CERTIFICATE: &str = include_str!("../keys/test-only-login.crt");

#[derive(Debug, Clone)]
pub struct Credentials {
    pub instance_url: String,
    pub client_id: String,
    pub client_secret: String,
    pub username: String,
    pub access_token: String,
    pub refresh_token: String,
    /// Username and access token of every user.
    pub users: Vec<(String, String)>,
    /// Set only if TLS is enabled.
    pub ca_certificate: Option<String>,
    /// The URL of the Experience Cloud site.
    pub site_url: String,
    /// Username and password of every external user with a password.
    pub site_users: Vec<(String, String)>,
}

impl Credentials {
    /// Opens a session for each internal user.
    pub fn issue(org: &mut Org, instance_url: &str, ca_certificate: Option<String>) -> Credentials {
        let people: Vec<(String, String)> = org
            .users
            .iter()
            .filter(|user| user.external.is_none())
            .map(|user| (user.username.clone(), user.id.clone()))
            .collect();
        let users: Vec<(String, String)> = people
            .into_iter()
            .map(|(username, id)| {
                let token = org.open_session(&id, "emulator", None, false);
                (username, token)
            })
            .collect();
        let app = org.login_apps.first();
        let (username, access_token) = users.first().cloned().unwrap_or_default();
        Credentials {
            instance_url: instance_url.to_string(),
            client_id: app.map(|app| app.client_id.clone()).unwrap_or_default(),
            client_secret: app.map(|app| app.client_secret.clone()).unwrap_or_default(),
            refresh_token: app.map(|app| app.refresh_token.clone()).unwrap_or_default(),
            username,
            access_token,
            users,
            ca_certificate,
            site_url: org.site.url.clone(),
            site_users: org
                .users
                .iter()
                .filter_map(|user| Some((user.username.clone(), user.external.as_ref()?.password.clone())))
                .filter(|(_, password)| !password.is_empty())
                .collect(),
        }
    }

    pub fn to_json(&self) -> Value {
        let users: serde_json::Map<String, Value> =
            self.users.iter().map(|(name, token)| (name.clone(), json!(token))).collect();
        let customers: serde_json::Map<String, Value> =
            self.site_users.iter().map(|(name, password)| (name.clone(), json!(password))).collect();
        json!({
            "instance_url": self.instance_url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "username": self.username,
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "users": users,
            "site_url": self.site_url,
            "site_users": customers,
            "recaptcha_token": crate::site::RECAPTCHA_TOKEN,
            "private_key": TEST_ONLY_KEY,
            "ca_certificate": self.ca_certificate,
        })
    }

    /// Export statements for a shell. `folder` contains the key file.
    pub fn exports(&self, folder: &Path) -> String {
        let key = folder.join("server.key");
        let mut lines = format!(
            "export SALESFORCE_INSTANCE_URL={}\nexport SALESFORCE_CLIENT_ID={}\nexport SALESFORCE_USERNAME={}\n\
             export SALESFORCE_PRIVATE_KEY_FILE={}\n",
            self.instance_url,
            self.client_id,
            self.username,
            key.display()
        );
        lines.push_str(&format!("export SALESFORCE_SITE_URL={}\n", self.site_url));
        if self.ca_certificate.is_some() {
            lines.push_str(&format!(
                "export SALESFORCE_CA_CERTIFICATE_FILE={}\n",
                folder.join("ca.pem").display()
            ));
        }
        lines
    }

    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let folder = folder.canonicalize()?;
        std::fs::write(folder.join("server.key"), TEST_ONLY_KEY)?;
        std::fs::write(folder.join("server.crt"), TEST_ONLY_CERTIFICATE)?;
        std::fs::write(folder.join("credentials.env"), self.exports(&folder))?;
        std::fs::write(folder.join("credentials.json"), format!("{:#}\n", self.to_json()))?;
        std::fs::write(
            folder.join("token.env"),
            format!(
                "export SALESFORCE_INSTANCE_URL={}\nexport SALESFORCE_ACCESS_TOKEN={}\n",
                self.instance_url, self.access_token
            ),
        )?;
        std::fs::write(
            folder.join("client-credentials.env"),
            format!(
                "export SALESFORCE_INSTANCE_URL={}\nexport SALESFORCE_CLIENT_ID={}\nexport SALESFORCE_CLIENT_SECRET={}\n",
                self.instance_url, self.client_id, self.client_secret
            ),
        )?;
        if let Some(certificate) = &self.ca_certificate {
            std::fs::write(folder.join("ca.pem"), certificate)?;
        }
        Ok(())
    }
}

/// The 18-character form of an ID.
pub fn long_id(id: &str) -> String {
    crate::stamp::with_checksum(id)
}
