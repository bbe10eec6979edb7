//! Every rule has a test case: each rejection reason in the sources contains a string that some test expects. Searching
//! the sources is simple and sufficient: a new rule without a case fails this test.

use std::path::{Path, PathBuf};

/// Reasons without a case, with the explanation.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "LIMIT_EXCEEDED: Maximum size of content is 600 MB",
        "packing and unpacking them takes minutes in a debug build",
    ),
    ("Maximum size of request reached.", "the connection closes while the client is still sending"),
    ("the connection is broken on purpose", "the effect of a planned fault; no client sees the text"),
    ("The user no longer exists", "a job whose user is missing in the state file"),
    ("No user", "a session whose user is missing in the state file"),
];

/// Strings that are not reasons.
const NOT_REASONS: &[&str] = &[
    "Developer Edition",
    "Holder {holder} of {}",
    "API {version}",
    "Bearer {token}",
    "web api",
    "not nested",
    "-----BEGIN CERTIFICATE-----",
    "-----END CERTIFICATE-----",
];

#[test]
fn every_rejection_reason_has_a_test_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut expected: Vec<String> = Vec::new();
    for path in sources(&root.join("tests")) {
        if !path.ends_with("completeness.rs") {
            expected.extend(literals(&std::fs::read_to_string(path).unwrap()));
        }
    }
    let mut reasons = 0;
    let mut missing = Vec::new();
    for path in sources(&root.join("src")) {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        // Messages from the program, the admin interface and planned faults do not belong to an org. The site has its
        // own table of gates, each with a test.
        let is_excluded = ["src/admin", "src/site", "src/main", "src/lib", "src/script", "src/credentials"];
        // These files contain the evidence and the seeded names, not rejection reasons.
        let is_data = ["src/behavior.rs", "src/org.rs"];
        if is_excluded.iter().chain(&is_data).any(|own| name.starts_with(own)) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let (code, unit_tests) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
        let own = literals(unit_tests);
        for reason in literals(code).iter().filter(|literal| is_reason(literal)) {
            reasons += 1;
            let has_case = pieces(reason).iter().any(|piece| {
                expected.iter().chain(&own).any(|words| {
                    // Either string may be the longer one: a case expects a part of the reason, or the reason and more.
                    (words.len() >= 8 && piece.contains(words.as_str())) || words.contains(piece.as_str())
                })
            });
            let is_excepted = EXCEPTIONS.iter().any(|(excepted, _)| excepted == reason);
            if has_case == is_excepted {
                missing.push(format!("{name}: {reason}"));
            }
        }
    }
    eprintln!("{reasons} rejection reasons, {} without a case", EXCEPTIONS.len());
    assert!(missing.is_empty(), "without a case, or an unnecessary exception:\n{}", missing.join("\n"));
    assert!(reasons > 150, "{reasons}");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Whether the literal is a sentence, not a name, a format or XML.
fn is_reason(literal: &str) -> bool {
    let words = literal.trim();
    words.contains(' ')
        && !words.contains('<')
        && !NOT_REASONS.contains(&words)
        && pieces(literal).iter().any(|piece| piece.contains(' '))
}

/// The parts between the placeholders that are long enough to be specific.
fn pieces(literal: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut depth = 0;
    for letter in literal.chars() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => {
                depth -= 1;
                pieces.push(String::new());
            }
            other if depth == 0 => pieces.last_mut().unwrap().push(other),
            _ => {}
        }
    }
    let trimmed =
        pieces.iter().map(|piece| piece.trim_matches([' ', ',', '.', ':', ';', '\'', '"']).to_string());
    trimmed.filter(|piece| piece.len() >= 8).collect()
}

/// The string literals of a source file. Comments are skipped. Raw string literals are treated like other string
/// literals.
fn literals(source: &str) -> Vec<String> {
    let letters: Vec<char> = source.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        match letters[at] {
            '/' if letters.get(at + 1) == Some(&'/') => {
                while at < letters.len() && letters[at] != '\n' {
                    at += 1;
                }
            }
            // A character literal, which may be a quotation mark; not a lifetime.
            '\'' if letters.get(at + 1) == Some(&'\\') => at += 3,
            '\'' if letters.get(at + 2) == Some(&'\'') => at += 2,
            '"' => {
                let mut text = String::new();
                at += 1;
                while at < letters.len() && letters[at] != '"' {
                    if letters[at] == '\\' {
                        at += 1;
                        if letters.get(at) == Some(&'\n') {
                            while letters.get(at + 1).is_some_and(|next| next.is_whitespace()) {
                                at += 1;
                            }
                        } else {
                            text.extend(letters.get(at));
                        }
                    } else {
                        text.push(letters[at]);
                    }
                    at += 1;
                }
                found.push(text);
            }
            _ => {}
        }
        at += 1;
    }
    found
}
