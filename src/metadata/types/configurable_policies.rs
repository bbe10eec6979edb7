//! ExtlClntAppConfigurablePolicies: whether the app and its plugins are on, and where it starts.

use crate::metadata::{Const, Field, MetadataType, Rule};

pub static TYPE: MetadataType = MetadataType {
    name: "ExtlClntAppConfigurablePolicies",
    settings_member: None,
    directory: "extlClntAppPolicies",
    suffix: "ecaPlcy",
    fields: &[
        Field::parent("externalClientApplication"),
        Field::bool("enabled", "isEnabled")
            .kept()
            .made_as(Const::Bool(true))
            .doc("Whether the app works at all."),
        Field::bool("oauth_plugin_enabled", "isOauthPluginEnabled")
            .kept()
            .made_as(Const::Bool(true))
            .doc("Whether the app's OAuth settings are in force."),
        Field::bool("canvas_plugin_enabled", "isCanvasPluginEnabled")
            .kept()
            .since(65)
            .doc("Whether the app's canvas settings are in force."),
        Field::bool("mobile_plugin_enabled", "isMobilePluginEnabled")
            .kept()
            .since(62)
            .doc("Whether the app's mobile settings are in force."),
        Field::bool("notification_plugin_enabled", "isNotificationPluginEnabled")
            .kept()
            .since(61)
            .doc("Whether the app's notification settings are in force."),
        Field::bool("push_plugin_enabled", "isPushPluginEnabled")
            .kept()
            .since(62)
            .doc("Whether the app's push settings are in force."),
        Field::bool("saml_plugin_enabled", "isSamlPluginEnabled")
            .kept()
            .since(63)
            .doc("Whether the app's SAML settings are in force."),
        Field::one_of("start_page", "startPage", &["None", "Custom", "OAuth", "SAML"])
            .kept()
            .made_as(Const::Text("None"))
            .since(62)
            .newer(&[("SAML", 63)])
            .doc("What opens when a user starts the app: nothing, `start_url`, or the plugin's start URL.")
            .setup("Start Page"),
        Field::text("start_url", "startUrl")
            .kept()
            .since(62)
            .rules(&[Rule::NoUserInformation, Rule::WebUrl])
            .doc("What opens when `start_page` is `Custom`.")
            .setup("Start URL"),
    ],
    dropped: &[],
    labelled_by_name: Some("label"),
    usual_suffixes: &["_plcy", "_defaultPolicy"],
    is_policy: true,
    unmapped: &[
        ("isAttestPluginEnabled", "not documented"),
        ("label", "the file is made and labelled by Salesforce"),
    ],
};
