//! Code that `build.rs` generates from `proto/`.

#![allow(clippy::all, clippy::indexing_slicing, clippy::unwrap_used, dead_code, missing_docs)]

/// Terraform's provider protocol.
pub mod tfplugin5 {
    tonic::include_proto!("tfplugin5");
}

/// go-plugin's controller, broker and stdio.
pub mod go_plugin {
    tonic::include_proto!("plugin");
}

/// gRPC's health check.
pub mod health {
    tonic::include_proto!("grpc.health.v1");
}
