//! Lints of what people read.

use crate::provider::{Offer, Provider, catalog, config};

#[test]
fn every_attribute_says_what_it_is_in_full_sentences() {
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
fn a_provider_block_without_credentials_names_the_ways_to_log_in() {
    let block = config::schema().block.empty();
    let Err(found) = config::resolve(&block, &|_| None, "1.14.2") else { panic!("there are no credentials") };
    for word in ["private_key", "client_secret", "access_token", "SALESFORCE_CLIENT_ID", "SF_ACCESS_TOKEN"] {
        assert!(found.0[0].detail.contains(word), "{word}");
    }
}

/// Terraform does not send a block that is not configured.
#[test]
fn what_the_environment_silences_is_silent_without_a_block() {
    let doubtful = super::object("_oauth_settings", &[("oauth_scopes", super::texts(&[]))]);
    let told = |environment: &'static str| {
        let provider = Provider::new(move |name| {
            (name == "SALESFORCE_SUPPRESS_WARNINGS").then(|| environment.to_owned())
        });
        let found =
            provider.validate(Offer::Resource, "salesforce_external_client_app_oauth_settings", &doubtful);
        let warnings = found.into_iter().filter(|found| !found.is_error());
        warnings.map(|found| found.id).collect::<Vec<_>>()
    };
    assert_eq!(told(""), ["no-scopes"]);
    assert_eq!(told("other, no-scopes"), Vec::<&str>::new());
}

#[test]
fn addresses_that_cannot_work_are_refused_with_what_to_write() {
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
fn every_rule_between_attributes_names_attributes_that_exist() {
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
        for (at, name) in spec.guards.iter().enumerate() {
            known(name);
            assert_eq!(spec.guard(name), Some(at), "{name} is there twice");
            let omitted = spec.row(name).unwrap().field.omitted;
            assert_eq!(omitted, crate::metadata::Omitted::Kept, "{name}: others do not stay unmanaged");
        }
        spec.link.iter().chain(&spec.consumer_key).for_each(|name| known(name));
    }
}
