//! Converts a configuration with a resource for each part into a configuration with `salesforce_oauth_client`, so that
//! tests of the three resources also cover this resource.

use std::collections::BTreeMap;

const APP: &str = "salesforce_external_client_app";
const SETTINGS: &str = "salesforce_external_client_app_oauth_settings";
const POLICIES: &str = "salesforce_external_client_app_policies";
const CLIENT: &str = "salesforce_oauth_client";

/// Combines resources of the same name. Other resources stay unchanged. The label of OAuth settings is omitted.
pub fn in_clients(parts: &str) -> String {
    let mut clients: BTreeMap<String, [Vec<&str>; 2]> = BTreeMap::new();
    let (mut rest, mut now) = (Vec::new(), None);
    for line in parts.lines() {
        let header: Vec<&str> = line.split('"').collect();
        if let ["resource ", kind @ (APP | SETTINGS | POLICIES), " ", name, " {"] = header.as_slice() {
            clients.entry((*name).to_owned()).or_default();
            now = Some((*kind, (*name).to_owned()));
            continue;
        }
        let Some((kind, name)) = &now else {
            rest.push(line);
            continue;
        };
        if line == "}" {
            now = None;
            continue;
        }
        let attribute = line.trim_start().split([' ', '=']).next().unwrap_or_default();
        let is_named_by_the_app =
            attribute == "external_client_app" || (*kind == SETTINGS && attribute == "label");
        if let Some([top, block]) = clients.get_mut(name).filter(|_| !is_named_by_the_app) {
            if *kind == POLICIES { block.push(line) } else { top.push(line) }
        }
    }
    let with_block: Vec<String> = parts
        .lines()
        .filter_map(|line| line.strip_prefix(&format!("resource \"{POLICIES}\" \"")))
        .filter_map(|line| line.split('"').next().map(str::to_owned))
        .collect();
    let clients = clients.into_iter().map(|(name, [top, block])| {
        let block = if with_block.contains(&name) {
            format!("  policies {{\n{}\n  }}\n", block.join("\n"))
        } else {
            String::new()
        };
        format!("resource \"{CLIENT}\" \"{name}\" {{\n{}\n{block}}}\n", top.join("\n"))
    });
    let text = rest.join("\n") + "\n" + &clients.collect::<String>();
    // References to a part become references to `salesforce_oauth_client`.
    [SETTINGS, POLICIES, APP]
        .iter()
        .fold(text, |text, part| text.replace(&format!("{part}."), &format!("{CLIENT}.")))
}
