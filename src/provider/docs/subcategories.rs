//! The subcategories in the menu of the registry.

/// The groups, each with its types, functions and guides.
const GROUPS: &[(&str, &[&str])] = &[
    ("Getting Started", &["getting-started", "authentication", "which-resource", "installing"]),
    (
        "External Client Apps",
        &[
            "salesforce_oauth_client",
            "salesforce_external_client_app",
            "salesforce_external_client_app_oauth_settings",
            "salesforce_external_client_app_policies",
            "salesforce_external_client_apps",
        ],
    ),
    (
        "Credentials",
        &[
            "salesforce_external_client_app_credential_rotation",
            "salesforce_external_client_app_credentials",
            "salesforce_external_client_app_rotate_credentials",
            "salesforce_external_client_app_revoke_previous_credentials",
            "certificates",
            "consumer-secret",
        ],
    ),
    (
        "Headless Identity",
        &["salesforce_headless_identity_readiness", "headless-identity", "experience-cloud-site"],
    ),
    (
        "Org",
        &[
            "salesforce_org",
            "salesforce_org_external_client_app_settings",
            "salesforce_org_oauth_oidc_settings",
            "salesforce_permission_set",
            "record_id_18",
        ],
    ),
    ("Migration", &["importing", "from-connected-app", "upgrading", "connected_app"]),
    ("Operations", &["deploys", "hcp-terraform", "testing", "troubleshooting"]),
];

/// The group of a page. The registry requires that the first page has no group.
pub fn of(name: &str) -> &'static str {
    let group = GROUPS.iter().find(|(_, names)| names.contains(&name));
    group.map_or_else(
        || panic!("{name} is in no group of src/provider/docs/subcategories.rs"),
        |(group, _)| group,
    )
}

#[test]
fn every_guide_has_its_subcategory() {
    for entry in std::fs::read_dir(super::root().join("docs/guides")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let expected = format!("\nsubcategory: \"{}\"\n", of(&name));
        let text = std::fs::read_to_string(&path).unwrap();
        let (head, _) = text.split_once("\n---\n").unwrap();
        assert!(format!("{head}\n").contains(&expected), "{} does not contain{expected}", path.display());
    }
}
