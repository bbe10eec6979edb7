//! What a real org decides and does not tell, as switches of this one, and its delays. `PATCH /emulator/org` sets them.

use serde::{Deserialize, Serialize};

use crate::pace::Pace;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelMood {
    /// A job that has not been committed is stopped.
    Obey,
    /// The answer says Canceled and the changes are in the org all the same, as documented below API version 65.
    CommitAnyway,
    /// The call is refused.
    Deny,
}

/// Who gets to see and to change the settings of the org.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingsMood {
    /// Whoever may use the Metadata API (documented).
    #[default]
    Open,
    ReadOnly,
    Hidden,
}

/// What becomes of a policy file that comes in the package which creates the OAuth settings of its app.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstPolicies {
    /// It takes the place of the default (two observers).
    #[default]
    Taken,
    /// The default is there before it, so that one of another name is a second one (one observer, who deployed them
    /// apart).
    AfterDefaults,
    /// The app has to have its settings before the package comes (nobody saw that).
    Refused,
    /// It is taken in silence, and the default is there afterwards (nobody saw that).
    Lost,
}

/// Beside which pairs another one may be staged for the same consumer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Staging {
    /// One that is active or was rotated is in the way.
    #[default]
    BesideExpired,
    /// Only an active one is (one tool stages so).
    BesideRotated,
    /// Any is.
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

/// What a real org decides and does not tell, and the delays of this one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    pub queue_ms: u64,
    pub deploy_ms: u64,
    pub retrieve_ms: u64,
    pub call_ms: u64,
    pub finalizing_ms: u64,
    /// How long lists go on showing what was there before a change.
    pub list_lag_ms: u64,
    /// `Real` overrules the times of queue, deploys, retrieves and lists.
    pub pace: Pace,
    /// Of the random times of a real pace.
    pub seed: u64,
    /// Makes a real pace faster or slower.
    pub pace_percent: u64,
    pub cancel: CancelMood,
    /// Refuse files whose elements are not in alphabetical order (one observer says that orgs do).
    pub alphabetical: bool,
    /// Without `ignoreWarnings`, warnings fail a deploy (documented).
    pub warnings_fail: bool,
    /// `isPkceRequired` false silently becomes true (one observer).
    pub pkce_reverts: bool,
    /// A Global file that can be read carries the secret.
    pub secret_in_metadata: bool,
    /// The credentials call of REST shows the consumer key.
    pub key_in_rest: bool,
    /// Pre-authorisation demands that the deploying user holds one of the permission sets (one observer).
    pub preauthorization_needs_own_assignment: bool,
    /// The guide knows no special access rules for the org's settings; an org that has some is to be told from one
    /// that has not.
    pub org_settings: SettingsMood,
    pub first_policies: FirstPolicies,
    /// Policies may not allow client credentials or token exchange while the settings do not. The guide says only that
    /// nobody gets a token then.
    pub flows_need_settings: bool,
    /// The org has no Experience Cloud sites: the objects of sites are not there.
    pub no_sites: bool,
    /// A retrieve of `*` leaves out what packages brought.
    pub wildcard_skips_packages: bool,
    /// A new consumer key is refused by the token endpoint for so long (observed: minutes).
    pub propagation_ms: u64,
    /// `OrganizationType`, as SOQL tells it.
    pub edition: String,
    /// Changes of apps take so long, too.
    pub changes_propagate: bool,
    /// Refresh tokens end when they lie idle for so many days, whatever an app's policy says; 0 is no limit.
    pub refresh_idle_limit_days: u64,
    pub staging: Staging,
    pub staged_created_by: CreatorForm,
    /// The list of staged credentials is not found while it is empty.
    pub nothing_staged_is_404: bool,
    /// A staged pair can be used before it is rotated (one observer).
    pub staged_logs_in: bool,
    /// What was the main pair gets the id that the staged one had.
    pub rotation_keeps_id: bool,
    /// REST leaves a secret out for so long after its pair was made or the org's setting was changed (observed).
    pub secret_lag_ms: u64,
    /// Connect REST lists only apps that a token was given to.
    pub usage_needs_tokens: bool,
    /// The login app of the seed rotates its refresh tokens.
    pub login_app_rotates: bool,
    /// The login app of the seed wants its secret in the token exchange flow.
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
            cancel: CancelMood::Obey,
            alphabetical: false,
            warnings_fail: true,
            pkce_reverts: false,
            secret_in_metadata: true,
            key_in_rest: true,
            preauthorization_needs_own_assignment: false,
            org_settings: SettingsMood::Open,
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
