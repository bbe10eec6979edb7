//! Switches for undocumented behavior of real orgs, and delays. `PATCH /emulator/org` sets them.

use serde::{Deserialize, Serialize};

use crate::pace::Pace;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelBehavior {
    /// A job that has not been committed is stopped.
    Obey,
    /// The response is Canceled and the changes are committed anyway, as documented for API versions below 65.
    CommitAnyway,
    /// The call is rejected.
    Deny,
}

/// Who may read and change the org settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingsAccess {
    /// Every user of the Metadata API may read and change them (documented).
    #[default]
    Open,
    ReadOnly,
    Hidden,
}

/// The handling of a policy file in the package that creates the OAuth settings of its app.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstPolicies {
    /// The file replaces the default policies (two observers).
    #[default]
    Taken,
    /// The default policies are created first, so a file with a different name is a duplicate (one observer, who
    /// deployed the files separately).
    AfterDefaults,
    /// The file is rejected, because the settings of the app have to exist before the deploy (not observed).
    Refused,
    /// The file is ignored without an error, and the default policies exist afterwards (not observed).
    Lost,
}

/// The existing credentials that prevent staging further ones for the same consumer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Staging {
    /// Active or rotated credentials prevent staging.
    #[default]
    BesideExpired,
    /// Only active credentials prevent staging (as one tool expects).
    BesideRotated,
    /// Any staged or previous credentials prevent staging, even if they have expired.
    Alone,
}

/// How `createdBy` of staged credentials names the user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreatorForm {
    #[default]
    Id,
    Username,
    Name,
}

/// The switches and the delays.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    pub queue_ms: u64,
    pub deploy_ms: u64,
    pub retrieve_ms: u64,
    pub call_ms: u64,
    pub finalizing_ms: u64,
    /// How long lists still show the state before a change.
    pub list_lag_ms: u64,
    /// `Real` overrides the times for the queue, deploys, retrieves and lists.
    pub pace: Pace,
    /// The seed of the random times of the real pace.
    pub seed: u64,
    /// Scales the times of the real pace.
    pub pace_percent: u64,
    pub cancel: CancelBehavior,
    /// Reject files whose elements are not in alphabetical order (reported by one observer).
    pub alphabetical: bool,
    /// Without `ignoreWarnings`, warnings fail a deploy (documented).
    pub warnings_fail: bool,
    /// `isPkceRequired` false silently becomes true (one observer).
    pub pkce_reverts: bool,
    /// A readable Global file contains the secret.
    pub secret_in_metadata: bool,
    /// The REST credentials call returns the consumer key.
    pub key_in_rest: bool,
    /// Pre-authorization requires that the deploying user has one of the permission sets (one observer).
    pub preauthorization_needs_own_assignment: bool,
    /// The guide documents no special access rules for the org's settings. This switch emulates an org that has such
    /// rules.
    pub org_settings: SettingsAccess,
    pub first_policies: FirstPolicies,
    /// Rejects policies that allow client credentials or token exchange while the settings do not. Salesforce Help
    /// documents only that no token is issued in this case.
    pub flows_need_settings: bool,
    /// The org has no Experience Cloud sites: the objects of sites do not exist.
    pub no_sites: bool,
    /// A retrieve of `*` omits packaged components.
    pub wildcard_skips_packages: bool,
    /// How long the token endpoint rejects a new consumer key (observed: minutes).
    pub propagation_ms: u64,
    /// `OrganizationType` in SOQL.
    pub edition: String,
    /// Changes to apps also take `propagation_ms` to propagate.
    pub changes_propagate: bool,
    /// Refresh tokens expire after this number of idle days, regardless of the app's policy; 0 is no limit.
    pub refresh_idle_limit_days: u64,
    pub staging: Staging,
    pub staged_created_by: CreatorForm,
    /// The list of staged credentials returns "not found" while it is empty.
    pub nothing_staged_is_404: bool,
    /// Clients can log in with staged credentials before the rotation (one observer).
    pub staged_logs_in: bool,
    /// The previous credentials get the ID of the staged ones.
    pub rotation_keeps_id: bool,
    /// How long REST omits a secret after its credentials were created or the org's setting was changed (observed).
    pub secret_lag_ms: u64,
    /// Connect REST lists only apps with issued tokens.
    pub usage_needs_tokens: bool,
    /// The seeded login app rotates its refresh tokens.
    pub login_app_rotates: bool,
    /// The seeded login app requires its secret in the token exchange flow.
    pub login_app_needs_secret: bool,
}

impl Default for Switches {
    fn default() -> Switches {
        Switches {
            queue_ms: 0,
            deploy_ms: 0,
            retrieve_ms: 0,
            call_ms: 0,
            finalizing_ms: 0,
            list_lag_ms: 0,
            pace: Pace::Fixed,
            seed: 1,
            pace_percent: 100,
            cancel: CancelBehavior::Obey,
            alphabetical: false,
            warnings_fail: true,
            pkce_reverts: false,
            secret_in_metadata: true,
            key_in_rest: true,
            preauthorization_needs_own_assignment: false,
            org_settings: SettingsAccess::Open,
            first_policies: FirstPolicies::default(),
            flows_need_settings: false,
            no_sites: false,
            wildcard_skips_packages: false,
            propagation_ms: 0,
            edition: "Developer Edition".to_string(),
            changes_propagate: false,
            refresh_idle_limit_days: 0,
            staging: Staging::default(),
            staged_created_by: CreatorForm::default(),
            nothing_staged_is_404: false,
            staged_logs_in: true,
            rotation_keeps_id: true,
            secret_lag_ms: 0,
            usage_needs_tokens: false,
            login_app_rotates: false,
            login_app_needs_secret: false,
        }
    }
}
