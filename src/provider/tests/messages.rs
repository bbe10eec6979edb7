//! Checks descriptions and messages.

use crate::provider::{Offer, Provider, catalog, config};

#[test]
fn every_attribute_has_a_description_in_full_sentences() {
    let provider = Provider::new(|_| None);
    let mut blocks = vec![&provider.provider_schema().block];
    blocks.extend(catalog::RESOURCES.iter().map(|spec| &spec.schema().block));
    for block in blocks {
        for attribute in &block.attributes {
            assert!(attribute.description.ends_with('.'), "{}: {}", attribute.name, attribute.description);
            assert!(attribute.description.len() > 20, "{}: {}", attribute.name, attribute.description);
        }
    }
}

#[test]
fn the_error_for_missing_credentials_lists_the_authentication_methods() {
    let block = config::schema().block.empty();
    let Err(found) = config::resolve(&block, &|_| None, "1.14.2") else { panic!("there are no credentials") };
    for word in ["private_key", "client_secret", "access_token", "SALESFORCE_CLIENT_ID", "SF_ACCESS_TOKEN"] {
        assert!(found.0[0].detail.contains(word), "{word}");
    }
}

/// Terraform does not send a block that is not configured.
#[test]
fn salesforce_suppress_warnings_works_without_a_provider_block() {
    let without_scopes = super::object("_oauth_settings", &[("oauth_scopes", super::texts(&[]))]);
    let warning_ids = |environment: &'static str| {
        let provider = Provider::new(move |name| {
            (name == "SALESFORCE_SUPPRESS_WARNINGS").then(|| environment.to_owned())
        });
        let found = provider.validate(
            Offer::Resource,
            "salesforce_external_client_app_oauth_settings",
            &without_scopes,
        );
        let warnings = found.into_iter().filter(|found| !found.is_error());
        warnings.map(|found| found.id).collect::<Vec<_>>()
    };
    assert_eq!(warning_ids(""), ["no-scopes"]);
    assert_eq!(warning_ids("other, no-scopes"), Vec::<&str>::new());
}

#[test]
fn an_invalid_instance_url_is_an_error_with_a_suggestion() {
    for (url, hint) in [
        ("acme.my.salesforce.com", "https://acme.my.salesforce.com"),
        ("http://acme.my.salesforce.com", "https://acme.my.salesforce.com"),
        ("https://acme.lightning.force.com", "my.salesforce.com"),
        ("https://acme.my.salesforce.com/services", "https://acme.my.salesforce.com"),
        ("ftp://x", "https://"),
    ] {
        let mut block = config::schema().block.empty();
        block.put("instance_url", url.into());
        let found = config::validate(&block);
        assert!(found.has_errors() && found.0[0].detail.contains(hint), "{url}: {found:?}");
    }
}

#[test]
fn every_combination_danger_and_guard_names_existing_attributes() {
    for spec in catalog::RESOURCES {
        let known = |name: &str| assert!(spec.row(name).is_some(), "{} has no {name}", spec.name);
        for combination in spec.combinations {
            known(combination.at);
            combination.when.iter().for_each(|(name, _)| known(name));
        }
        spec.dangers.iter().for_each(|danger| known(danger.attribute));
        spec.lockouts.iter().for_each(|lockout| known(lockout.attribute));
        spec.dependents.iter().for_each(|(one, other)| {
            known(one);
            known(other);
        });
        for (at, name) in spec.access_attributes.iter().enumerate() {
            known(name);
            assert_eq!(spec.access_rank(name), Some(at), "{name} is a duplicate");
            let omitted = spec.row(name).unwrap().field.omitted;
            assert_eq!(
                omitted,
                crate::metadata::Omitted::Kept,
                "{name}: only a kept attribute can be unmanaged"
            );
        }
        spec.link.iter().chain(&spec.consumer_key).for_each(|name| known(name));
    }
}
