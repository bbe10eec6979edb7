//! ExtlClntAppConfigurablePolicies: which plugins of the app are enabled, and its start page.

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
            .created_as(Const::Bool(true))
            .doc("Whether the app is enabled."),
        Field::bool("oauth_plugin_enabled", "isOauthPluginEnabled")
            .kept()
            .created_as(Const::Bool(true))
            .doc("Whether the app's OAuth plugin is enabled."),
        Field::bool("canvas_plugin_enabled", "isCanvasPluginEnabled")
            .kept()
            .since(65)
            .doc("Whether the app's canvas plugin is enabled."),
        Field::bool("mobile_plugin_enabled", "isMobilePluginEnabled")
            .kept()
            .since(62)
            .doc("Whether the app's mobile plugin is enabled."),
        Field::bool("notification_plugin_enabled", "isNotificationPluginEnabled")
            .kept()
            .since(61)
            .doc("Whether the app's notification plugin is enabled."),
        Field::bool("push_plugin_enabled", "isPushPluginEnabled")
            .kept()
            .since(62)
            .doc("Whether the app's push plugin is enabled."),
        Field::bool("saml_plugin_enabled", "isSamlPluginEnabled")
            .kept()
            .since(63)
            .doc("Whether the app's SAML plugin is enabled."),
        Field::one_of("start_page", "startPage", &["None", "Custom", "OAuth", "SAML"])
            .kept()
            .created_as(Const::Text("None"))
            .since(62)
            .newer(&[("SAML", 63)])
            .doc(
                "The page that opens when a user starts the app: `None`, `Custom` (`start_url`), or the start URL of a \
                 plugin (`OAuth` or `SAML`).",
            )
            .setup("Start Page"),
        Field::text("start_url", "startUrl")
            .kept()
            .since(62)
            .rules(&[Rule::NoUserInformation, Rule::WebUrl])
            .doc("The URL that opens when `start_page` is `Custom`.")
            .setup("Start URL"),
    ],
    dropped: &[],
    labeled_by_name: Some("label"),
    usual_suffixes: &["_plcy", "_defaultPolicy"],
    is_policy: true,
    unmapped: &[
        ("isAttestPluginEnabled", "not documented"),
        ("label", "Salesforce creates and labels the file"),
    ],
};
