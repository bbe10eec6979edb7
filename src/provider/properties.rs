//! The properties of this layer (see `properties`): files of connected apps, and private state.

pub use super::functions::connected_app::property::connected_app;

use super::catalog::OAUTH_CLIENT;
use super::private::PrivateState;
use super::rotation;
use super::union;
use crate::properties::Choices;

/// Any bytes can be read as private state. Written private state is recognized, and reading it returns the same values.
pub fn private_state(data: &[u8]) {
    let mut choices = Choices::new(data);
    let kept = br#"{"parts":{"ExtlClntAppOauthSettings":"Shop_oauth"},"managed":["label"],"hidden":["X"],
        "holders":{"at":7,"Profile":{"Shop":3,"Staff":"why"}},"imported":true,"own_app":true}"#;
    let bytes = match choices.below(2) {
        0 => choices.rest().to_vec(),
        _ => choices.mutated(kept),
    };
    let read = PrivateState::read(&bytes);
    let written = read.write();
    assert_eq!(PrivateState::read(&written), read, "of {bytes:?}");
    assert!(PrivateState::wrote(&written), "{written:?}");
    if PrivateState::wrote(&bytes) {
        assert!(bytes.is_empty() || serde_json::from_slice::<serde_json::Value>(&bytes).is_ok(), "{bytes:?}");
    }
    for written in [rotation::rewritten(&bytes), union::rewritten(&bytes)] {
        assert!(
            serde_json::from_slice::<serde_json::Value>(&written).is_ok() || written.is_empty(),
            "{written:?}"
        );
    }
    assert!(rotation::wrote_private(&rotation::rewritten(&bytes)), "of {bytes:?}");
    let _ = union::wrote_private(OAUTH_CLIENT, &bytes);
    let wrapped = [b"{\"salesforce_external_client_app\":".as_slice(), &written, b"}"].concat();
    assert!(written.is_empty() || union::wrote_private(OAUTH_CLIENT, &wrapped), "{written:?}");
}
