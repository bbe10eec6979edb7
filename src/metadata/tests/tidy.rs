//! Checks that interpreters do not name fields.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::metadata::{Field, Kind, types};

/// Names up to this length are not checked, because they can have other meanings in code.
const SHORT: usize = 8;

fn names(fields: &[Field], into: &mut BTreeSet<&'static str>) {
    for field in fields {
        into.insert(field.attribute);
        into.extend(field.element.split('/'));
        match field.kind {
            Kind::Blocks(inner) => names(inner, into),
            Kind::Entries { key, value } => into.extend([key, value]),
            _ => {}
        }
    }
}

#[test]
fn no_interpreter_names_a_field() {
    let mut all = BTreeSet::new();
    for kind in types::ALL {
        names(kind.fields, &mut all);
        all.extend(kind.dropped);
        all.extend(kind.unmapped.iter().map(|(element, _)| element));
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/metadata");
    let mut read = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_code = path.extension().is_some_and(|ending| ending == "rs");
        if !is_code || path.ends_with("package.rs") {
            continue;
        }
        read += 1;
        let code = fs::read_to_string(&path).unwrap();
        assert!(code.starts_with("//!"), "{} has no module documentation", path.display());
        let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        for name in all.iter().filter(|name| name.len() > SHORT) {
            assert!(
                !code.contains(&format!("\"{name}\"")),
                "{} names {name:?}: make it a column of the table instead",
                path.display()
            );
        }
    }
    assert!(read > 8, "the interpreters have moved");
}
