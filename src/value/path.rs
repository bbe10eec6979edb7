//! The path to a value in a configuration.

use std::fmt;

use super::Value;

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An attribute or a block by name.
    Attribute(String),
    /// A member of a list, counted from 0.
    Index(i64),
    /// An entry of a map.
    Key(String),
    /// A member of a set. The protocol cannot express this step, so `to_proto` omits it.
    Member(Value),
}

/// A path from a resource to a value. Displayed as in HCL: `trusted_ip_range[1].start_ip_address`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(pub Vec<Step>);

impl Path {
    pub fn attribute(name: impl Into<String>) -> Path {
        Path(vec![Step::Attribute(name.into())])
    }

    #[must_use]
    pub fn then(&self, step: Step) -> Path {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }

    /// The top-level attribute of the path.
    pub fn root(&self) -> Option<&str> {
        match self.0.first() {
            Some(Step::Attribute(name)) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Member(_) => f.write_str("[…]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_displayed_as_in_hcl() {
        let path = Path::attribute("trusted_ip_range")
            .then(Step::Index(1))
            .then(Step::Attribute("start_ip_address".into()));
        assert_eq!(path.to_string(), "trusted_ip_range[1].start_ip_address");
        assert_eq!(Path::attribute("a").then(Step::Key("k\"".into())).to_string(), "a[\"k\\\"\"]");
    }
}
