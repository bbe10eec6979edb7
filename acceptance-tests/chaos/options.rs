//! The command line options. `make chaos` has a variable for each.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    pub seed: u64,
    /// Selects the cases whose names start with this text, or contain it as a whole segment.
    pub only: Option<String>,
    pub quick: bool,
    /// The number of cases that run at the same time.
    pub jobs: usize,
    /// Whether to list the names of the cases instead of running them.
    pub list: bool,
}

/// An error in the arguments.
#[derive(Debug, PartialEq, Eq)]
pub struct InvalidArguments(String);

impl fmt::Display for InvalidArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\n  --seed=NUMBER  --only=NAME  --quick  --jobs=NUMBER  --list, each once at most",
            self.0
        )
    }
}

impl Options {
    pub fn read(arguments: impl Iterator<Item = String>) -> Result<Self, InvalidArguments> {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let mut options = Self { seed: 1, only: None, quick: false, jobs: 3 * cores, list: false };
        for argument in arguments {
            let (name, value) = argument.split_once('=').unwrap_or((argument.as_str(), ""));
            let number = || {
                let number: Option<u64> = value.parse().ok().filter(|number| *number > 0 || name == "--seed");
                number.ok_or_else(|| InvalidArguments(format!("{argument}: not a valid number")))
            };
            match name {
                "--seed" => options.seed = number()?,
                "--jobs" => options.jobs = usize::try_from(number()?).unwrap_or(1),
                "--only" if !value.is_empty() => options.only = Some(value.to_owned()),
                "--quick" if value.is_empty() => options.quick = true,
                "--list" if value.is_empty() => options.list = true,
                _ => return Err(InvalidArguments(format!("{argument}: unknown argument"))),
            }
        }
        Ok(options)
    }

    /// Whether a whole section is selected. The section then has as many cases as in a complete run.
    #[must_use]
    pub fn is_section(&self) -> bool {
        matches!(self.only.as_deref(), Some("fault" | "kill" | "interrupt" | "load"))
    }

    #[must_use]
    pub fn selects(&self, name: &str) -> bool {
        self.only.as_deref().is_none_or(|only| {
            name.starts_with(only)
                || name.contains(&format!("/{only}/"))
                || name.ends_with(&format!("/{only}"))
        })
    }
}

#[test]
fn arguments_are_parsed_and_errors_reported() {
    let read = |arguments: &[&str]| Options::read(arguments.iter().map(|text| (*text).to_owned()));
    let options = read(&["--seed=7", "--only=bad_gateway", "--quick", "--jobs=3"]).unwrap();
    assert_eq!((options.seed, options.quick, options.jobs), (7, true, 3));
    assert!(options.selects("fault/bad_gateway/create/deploy/1/after"));
    assert!(!options.selects("fault/bad_gateways/create/deploy/1/after"));
    assert!(!options.is_section() && read(&["--only=kill"]).unwrap().is_section());
    for invalid in ["--seed=x", "--sede=1", "--only=", "--jobs=0", "7", "--quick=1"] {
        assert!(read(&[invalid]).is_err(), "{invalid}");
    }
}
