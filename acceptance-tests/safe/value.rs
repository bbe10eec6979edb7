//! The values of a resource on the wire: msgpack maps, in which unknown values are an extension type.

use acceptance_tests::plugin_client::proto::tfplugin5::DynamicValue;
use rmpv::Value;

/// The attributes of a resource.
pub struct Object(Vec<(Value, Value)>);

/// A value that is unknown until apply.
pub fn unknown() -> Value {
    Value::Ext(0, vec![0])
}

pub fn is_unknown(value: &Value) -> bool {
    matches!(value, Value::Ext(..))
}

impl Object {
    pub fn read(wire: Option<DynamicValue>) -> Result<Option<Object>, String> {
        let bytes = wire.unwrap_or_default().msgpack;
        if bytes.is_empty() {
            return Ok(None);
        }
        match rmpv::decode::read_value(&mut bytes.as_slice()).map_err(|error| error.to_string())? {
            Value::Nil => Ok(None),
            Value::Map(entries) => Ok(Some(Object(entries))),
            _ => Err("a resource that is not an object".to_owned()),
        }
    }

    pub fn get(&self, name: &str) -> &Value {
        let found = self.0.iter().find(|(key, _)| key.as_str() == Some(name));
        found.map_or(&Value::Nil, |(_, value)| value)
    }

    pub fn text(&self, name: &str) -> Result<&str, String> {
        self.get(name).as_str().ok_or_else(|| format!("{name} is not set"))
    }

    pub fn set(&mut self, name: &str, new: Value) {
        if let Some((_, value)) = self.0.iter_mut().find(|(key, _)| key.as_str() == Some(name)) {
            *value = new;
        }
    }
}

pub fn write(object: Option<Object>) -> Result<DynamicValue, String> {
    let value = object.map_or(Value::Nil, |object| Value::Map(object.0));
    let mut msgpack = Vec::new();
    rmpv::encode::write_value(&mut msgpack, &value).map_err(|error| error.to_string())?;
    Ok(DynamicValue { msgpack, json: Vec::new() })
}
