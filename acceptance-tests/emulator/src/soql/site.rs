//! The rows of the Experience Cloud site.

use serde_json::{Value, json};

use crate::org::{Group, Org};
use crate::stamp::record_id;

pub const NETWORK: &[&str] = &["Id", "Description", "Name", "Status", "UrlPathPrefix"];
pub const MEMBER_GROUP: &[&str] = &["Id", "NetworkId", "Network.Name", "ParentId"];
pub const AUTH_API_SETTINGS: &[&str] = &[
    "Id",
    "CustomOtpDeliveryHandlerId",
    "DoesForgotPasswordRequireAuth",
    "DoesPasswordLoginRequireAuth",
    "DoesPwdlessLoginRequireAuth",
    "DoesRegistrationRequireAuth",
    "HeadlessDiscoveryExecutionUserId",
    "HeadlessDiscoveryHandlerId",
    "IsFirstPartyAppsAllowed",
    "IsForgotPwdAllowed",
    "IsForgotPwdEmailTemplateAllowlistingEnabled",
    "IsHeadlessUserRegistrationAllowed",
    "IsPwdlessLoginAllowed",
    "IsRecaptchaRequiredForgotPwd",
    "IsRecaptchaRequiredPwdlessLogin",
    "IsRecaptchaRequiredRgstr",
    "IsUniversalClientRgstrAllowed",
    "IsUserDisambiguationAllowedForgotPwd",
    "IsUserDisambiguationAllowedUsernamePwd",
    "MaxPasswordResetAttempts",
    "Network.Name",
    "NetworkId",
    "RecaptchaScoreThreshold",
    "RecaptchaSecretKey",
    "RegistrationExecutionUserId",
    "RegistrationHandler.Name",
    "RegistrationHandlerId",
    "RegistrationUserDefaultProfile.Name",
    "RegistrationUserDefaultProfileId",
];

pub fn networks(org: &Org) -> Vec<Value> {
    let network = &org.site.network;
    vec![json!({
        "Id": network.id,
        "Description": null,
        "Name": network.name,
        "Status": network.status,
        "UrlPathPrefix": Some(&network.url_path_prefix).filter(|prefix| !prefix.is_empty()),
    })]
}

pub fn member_groups(org: &Org) -> Vec<Value> {
    let network = &org.site.network;
    let ids = |names: &std::collections::BTreeSet<String>, groups: &[Group]| -> Vec<String> {
        groups.iter().filter(|group| names.contains(&group.name)).map(|group| group.id.clone()).collect()
    };
    let mut parents = ids(&network.member_profiles, &org.profiles);
    parents.extend(ids(&network.member_permission_sets, &org.permission_sets));
    let row = |(index, parent): (usize, String)| {
        json!({
            "Id": record_id("0DL", index as u64 + 1),
            "Network.Name": network.name,
            "NetworkId": network.id,
            "ParentId": parent,
        })
    };
    parents.into_iter().enumerate().map(row).collect()
}

/// The secret key is not returned. It is not known what a query in a real org returns for it, so the value is null.
pub fn auth_api_settings(org: &Org) -> Vec<Value> {
    let network = &org.site.network;
    let own = &network.auth_api;
    let class = |name: &Option<String>| {
        let place = org.apex_classes.iter().position(|class| Some(class) == name.as_ref())?;
        Some(record_id("01p", place as u64 + 1))
    };
    let user = |name: &Option<String>| org.user_named(name.as_deref()?).map(|user| user.id.clone());
    let profile =
        org.profiles.iter().find(|one| Some(&one.name) == own.registration_user_default_profile.as_ref());
    vec![json!({
        "Id": record_id("0lB", 1),
        "CustomOtpDeliveryHandlerId": null,
        "DoesForgotPasswordRequireAuth": own.does_forgot_password_require_auth,
        "DoesPasswordLoginRequireAuth": false,
        "DoesPwdlessLoginRequireAuth": own.does_pwdless_login_require_auth,
        "DoesRegistrationRequireAuth": own.does_registration_require_auth,
        "HeadlessDiscoveryExecutionUserId": user(&own.headless_discovery_execution_user),
        "HeadlessDiscoveryHandlerId": class(&own.headless_discovery_handler),
        "IsFirstPartyAppsAllowed": own.is_first_party_apps_allowed,
        "IsForgotPwdAllowed": own.is_forgot_pwd_allowed,
        "IsForgotPwdEmailTemplateAllowlistingEnabled": false,
        "IsHeadlessUserRegistrationAllowed": own.is_headless_user_registration_allowed,
        "IsPwdlessLoginAllowed": own.is_pwdless_login_allowed,
        "IsRecaptchaRequiredForgotPwd": own.is_recaptcha_required_forgot_pwd,
        "IsRecaptchaRequiredPwdlessLogin": own.is_recaptcha_required_pwdless_login,
        "IsRecaptchaRequiredRgstr": own.is_recaptcha_required_rgstr,
        "IsUniversalClientRgstrAllowed": false,
        "IsUserDisambiguationAllowedForgotPwd": own.is_user_disambiguation_allowed_forgot_pwd,
        "IsUserDisambiguationAllowedUsernamePwd": own.is_user_disambiguation_allowed_username_pwd,
        "MaxPasswordResetAttempts": own.max_password_reset_attempts,
        "Network.Name": network.name,
        "NetworkId": network.id,
        "RecaptchaScoreThreshold": own.recaptcha_score_threshold,
        "RecaptchaSecretKey": null,
        "RegistrationExecutionUserId": user(&own.registration_execution_user),
        "RegistrationHandler.Name": own.registration_handler,
        "RegistrationHandlerId": class(&own.registration_handler),
        "RegistrationUserDefaultProfile.Name": profile.map(|profile| &profile.name),
        "RegistrationUserDefaultProfileId": profile.map(|profile| &profile.id),
    })]
}
