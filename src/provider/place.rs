//! A place in a configuration: the path for Terraform, and a description of what a path cannot express, such as one of
//! several blocks or the key of a map.

use super::schema::Block;
use crate::metadata::{Field, echo};
use crate::value::{Path, Step, Value};

#[derive(Clone, Debug, Default)]
pub struct Place {
    path: Path,
    /// A description of the place, if the path does not identify it.
    words: Option<String>,
}

impl Place {
    pub fn of(attribute: &str) -> Place {
        Place { path: Path::attribute(attribute), words: None }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An attribute of the resource, or of the block at this place.
    pub fn attribute(&self, name: &str) -> Place {
        let words = self.words.as_ref().map(|block| format!("{block}, {name}"));
        Place { path: self.path.then(Step::Attribute(name.to_owned())), words }
    }

    /// One of the blocks at this place. The blocks of a set have no index, so their values identify them.
    pub fn block(&self, block: &Value, fields: &[Field]) -> Place {
        self.block_with(block, fields.iter().map(|field| field.attribute))
    }

    /// One of the blocks at this place, with its schema.
    pub fn block_of(&self, member: &Value, block: &Block) -> Place {
        self.block_with(member, block.attributes.iter().map(|attribute| attribute.name.as_str()))
    }

    fn block_with<'a>(&self, block: &Value, names: impl Iterator<Item = &'a str>) -> Place {
        let shown = |name: &str| match block.get(name) {
            Value::Text(text) => Some(format!("{name} = {}", echo(text))),
            Value::Unknown => Some(format!("{name} = (known after apply)")),
            _ => None,
        };
        let written: Vec<String> = names.filter_map(shown).collect();
        let words = format!("In the block {} {{ {} }}", self.path, written.join(", "));
        Place { path: self.path.then(Step::Member(block.clone())), words: Some(words) }
    }

    /// All blocks at this place.
    pub fn all_blocks(&self) -> Place {
        Place { path: self.path.clone(), words: Some(format!("In the blocks {}", self.path)) }
    }

    pub fn index(&self, index: usize) -> Place {
        let step = Step::Index(i64::try_from(index).unwrap_or(i64::MAX));
        Place { path: self.path.then(step), words: self.words.clone() }
    }

    pub fn key(&self, key: &str) -> Place {
        Place { path: self.path.then(Step::Key(key.to_owned())), words: self.words.clone() }
    }

    /// The key of the map entry at this place.
    pub fn key_itself(&self) -> Place {
        Place { words: Some("In the key".to_owned()), ..self.clone() }
    }

    /// Whether the place is this attribute, or inside it.
    pub fn is_in(&self, attribute: &str) -> bool {
        self.path.root() == Some(attribute)
    }

    /// A message about this place.
    pub fn message(&self, problem: &str) -> String {
        match &self.words {
            Some(words) => format!("{words}: {problem}"),
            None => problem.to_owned(),
        }
    }
}
