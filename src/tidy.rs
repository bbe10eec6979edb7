//! Checks the sources against the rules of ARCHITECTURE.md: layers, crates per layer, independence of the acceptance
//! tests, files that expose secrets, names of fields, copies of a constant, and module docs. Also checks for words to
//! avoid and for missing examples.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::metadata::{NEWEST_VERSION, types};

/// Each module and the modules that it may use.
const LAYERS: &[(&str, &[&str])] = &[
    ("lock", &[]),
    ("log_keys", &[]),
    ("loopback", &[]),
    ("record_id", &[]),
    ("secret", &[]),
    ("xml", &[]),
    ("redact", &["secret"]),
    ("value", &["secret"]),
    ("metadata", &["value", "record_id", "loopback", "xml"]),
    ("salesforce", &["redact", "secret", "record_id", "loopback", "xml", "lock"]),
    ("org", &["metadata", "salesforce", "value", "secret", "record_id", "lock", "log_keys"]),
    ("provider", &["org", "metadata", "value", "secret", "record_id", "loopback", "lock"]),
    ("plugin", &["provider", "value", "redact", "secret", "log_keys"]),
];

/// External crates and the layers that may use them.
const CRATES: &[(&str, &[&str])] = &[
    ("tonic", &["plugin"]),
    ("tonic_prost", &["plugin"]),
    ("prost", &["plugin"]),
    ("rmpv", &["plugin"]),
    ("reqwest", &["salesforce"]),
    ("quick_xml", &["xml"]),
    ("zip", &["metadata"]),
    ("tokio", &["salesforce", "org", "plugin"]),
];

/// Files that may expose a secret.
const EXPOSES_SECRETS: &[&str] = &[
    "secret.rs",
    "redact/known.rs",
    "salesforce/auth.rs",
    "salesforce/mod.rs",
    "salesforce/http.rs",
    "salesforce/token_request.rs",
    "plugin/dynamic_value/msgpack.rs",
];

struct Source {
    /// The path relative to `src`.
    path: String,
    text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder, except build output, installed packages and hidden folders.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if !path.is_dir() {
            files.push(path);
        } else if !name.starts_with('.') && name != "target" && name != "node_modules" {
            files.extend(self::files(&path));
        }
    }
    files
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let is_rust = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "rs");
    let source = |path: PathBuf| Source {
        path: path.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/"),
        text: fs::read_to_string(&path).unwrap(),
    };
    let sources: Vec<Source> = files(&src).into_iter().filter(is_rust).map(source).collect();
    assert!(sources.len() > 50, "the sources are missing");
    sources
}

impl Source {
    fn module(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("tests.rs") || self.path == "tidy.rs"
    }

    /// The text without tests and comments.
    fn code(&self) -> String {
        let product = self.text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        product.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    }
}

/// The identifier after each occurrence of a prefix.
fn words_after<'a>(text: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(prefix).map(move |(at, _)| {
        let rest = &text[at + prefix.len()..];
        &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())]
    })
}

#[test]
fn layers_depend_only_on_lower_layers() {
    for source in sources().iter().filter(|source| !source.is_test()) {
        let Some((_, allowed)) = LAYERS.iter().find(|(module, _)| *module == source.module()) else {
            continue;
        };
        let code = source.code();
        for used in words_after(&code, "crate::") {
            let known = LAYERS.iter().any(|(module, _)| *module == used);
            assert!(
                !known || used == source.module() || allowed.contains(&used),
                "{} uses {used}; {} may use {allowed:?}",
                source.path,
                source.module()
            );
        }
    }
}

#[test]
fn crates_are_used_only_in_their_layers() {
    for source in sources().iter().filter(|source| !source.is_test() && source.path.contains('/')) {
        for (name, layers) in CRATES {
            let code = source.code();
            let uses = code.contains(&format!("use {name}::")) || code.contains(&format!(" {name}::"));
            assert!(
                !uses || layers.contains(&source.module()),
                "{} uses {name}, which is for {layers:?}",
                source.path
            );
        }
    }
}

#[test]
fn secrets_are_exposed_only_in_listed_files() {
    let exposes = |source: &&Source| !source.is_test() && source.code().contains(".expose()");
    let places: BTreeSet<String> =
        sources().iter().filter(exposes).map(|source| source.path.clone()).collect();
    let allowed: BTreeSet<String> = EXPOSES_SECRETS.iter().map(|path| (*path).to_owned()).collect();
    assert!(places.is_subset(&allowed), "{:?}", places.difference(&allowed));
}

#[test]
fn interpreters_do_not_name_fields() {
    let fields = types::ALL.iter().flat_map(|kind| kind.fields);
    let mut names = BTreeSet::new();
    for field in fields {
        names.extend(field.element.split('/').filter(|element| element.len() > 8));
        names.extend(Some(field.attribute).filter(|attribute| attribute.len() > 8));
    }
    let walks = [
        "provider/plan.rs",
        "provider/schema.rs",
        "provider/validate.rs",
        "provider/resource_spec.rs",
        "provider/combination.rs",
        "provider/lockout.rs",
        "provider/functions/connected_app/reading.rs",
        "provider/functions/connected_app/client.rs",
    ];
    for source in sources().iter().filter(|source| !source.is_test()) {
        let metadata = source.module() == "metadata"
            && !source.path.starts_with("metadata/types/")
            && source.path != "metadata/package.rs";
        if !(metadata || source.path.starts_with("provider/engine/") || walks.contains(&source.path.as_str()))
        {
            continue;
        }
        let code = source.code();
        for name in &names {
            assert!(!code.contains(&format!("\"{name}\"")), "{} names the field {name}", source.path);
        }
    }
}

#[test]
fn the_org_layer_does_not_name_metadata_types() {
    let tables = fs::read_dir(root().join("src/metadata/types")).unwrap();
    let mut names: Vec<String> = tables
        .map(|table| table.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|module| module != "mod")
        .map(|module| format!("{module}::"))
        .collect();
    names.extend(types::ALL.iter().map(|kind| kind.name.to_owned()));
    for source in sources().iter().filter(|source| !source.is_test() && source.module() == "org") {
        let code = source.code();
        for name in &names {
            assert!(!code.contains(name.as_str()), "{} names the type {name}", source.path);
        }
    }
}

#[test]
fn every_module_has_a_doc_comment() {
    for source in sources() {
        assert!(source.text.starts_with("//! "), "{} does not start with //!", source.path);
    }
}

#[test]
fn acceptance_tests_do_not_import_the_provider() {
    for manifest in ["acceptance-tests/Cargo.toml", "acceptance-tests/emulator/Cargo.toml"] {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        assert!(!text.contains("terraform-provider-salesforce"), "{manifest} depends on the provider");
    }
    for path in files(&root().join("acceptance-tests")) {
        if path.extension().is_some_and(|ending| ending == "rs") {
            check_imports(&path);
        }
    }
}

/// The acceptance tests share no code with the provider, so the emulator and `make live` have their own copies of
/// `NEWEST_VERSION`.
#[test]
fn the_newest_api_version_is_the_same_in_the_provider_the_emulator_and_make_live() {
    let copies = [
        ("acceptance-tests/emulator/src/lib.rs", "const NEWEST_API_VERSION: u32 = "),
        ("acceptance-tests/live/org.rs", "const NEWEST_VERSION: u32 = "),
    ];
    for (path, constant) in copies {
        let text = fs::read_to_string(root().join(path)).unwrap();
        let found = words_after(&text, constant).next();
        assert_eq!(
            found,
            Some(NEWEST_VERSION.to_string().as_str()),
            "{path}: {constant}; NEWEST_VERSION in src/metadata/field.rs is {NEWEST_VERSION}"
        );
    }
}

fn check_imports(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let reaches = line.contains("../src/") || line.contains("provider_salesforce");
        let includes = line.contains("include") || line.contains("#[path") || line.contains("use ");
        assert!(!(reaches && includes), "{}: {line}", path.display());
    }
}

#[test]
fn comments_and_pages_avoid_the_words_that_the_glossary_lists() {
    let glossary = fs::read_to_string(root().join("GLOSSARY.md")).unwrap();
    let rule = glossary.split_once("- Avoid ").unwrap().1.split_once('.').unwrap().0;
    let words: Vec<&str> = rule.split('*').skip(1).step_by(2).collect();
    assert!(words.len() > 5, "the list of words was not found: {words:?}");
    let is_letter = |c: char| c.is_alphanumeric() || "_@-".contains(c);
    let has = |text: &str, word: &str| {
        text.match_indices(word).any(|(at, _)| {
            !text[..at].ends_with(is_letter) && !text[at + word.len()..].starts_with(is_letter)
        })
    };
    let mut found = Vec::new();
    for path in files(&root()) {
        let is_page = path.extension().is_some_and(|ending| ending == "md") && !path.ends_with("GLOSSARY.md");
        if !is_page && path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            let text = if is_page { Some(line) } else { comment_of(line) };
            let text = text.unwrap_or_default().to_lowercase();
            if let Some(word) = words.iter().find(|word| has(&text, word)) {
                found.push(format!("{}:{}: {word}", path.display(), number + 1));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

/// The text of a line from its comment on.
fn comment_of(line: &str) -> Option<&str> {
    let is_comment = |at: &usize| !line[..*at].ends_with(':');
    let start = line.match_indices("//").map(|(at, _)| at).find(is_comment)?;
    line.get(start..)
}

#[test]
fn every_type_and_function_has_an_example() {
    let provider = crate::provider::Provider::new(|_| None);
    for (name, _) in provider.schemas(crate::provider::Offer::DataSource) {
        let path = root().join("examples/data-sources").join(name).join("data-source.tf");
        assert!(path.exists(), "{} is missing", path.display());
    }
    for (name, _) in provider.schemas(crate::provider::Offer::EphemeralResource) {
        let path = root().join("examples/ephemeral-resources").join(name).join("ephemeral-resource.tf");
        assert!(path.exists(), "{} is missing", path.display());
    }
    for (name, _) in provider.schemas(crate::provider::Offer::ListResource) {
        let path = root().join("examples/list-resources").join(name).join("list-resource.tfquery.hcl");
        assert!(path.exists(), "{} is missing", path.display());
    }
    for spec in provider.functions() {
        let path = root().join("examples/functions").join(spec.name).join("function.tf");
        assert!(path.exists(), "{} is missing", path.display());
    }
    for (name, _) in provider.schemas(crate::provider::Offer::Action) {
        let path = root().join("examples/actions").join(name).join("action.tf");
        assert!(path.exists(), "{} is missing", path.display());
    }
    for (name, _) in provider.schemas(crate::provider::Offer::Resource) {
        for file in ["resource.tf", "import.sh"] {
            let path = root().join("examples/resources").join(name).join(file);
            assert!(path.exists(), "{} is missing", path.display());
        }
    }
}
