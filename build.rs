//! Compiles `proto/` to Rust, server side only. protox is written in Rust, so the build needs no `protoc`.
#![allow(clippy::disallowed_macros, reason = "cargo reads a build script's stdout")]

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = [
        "proto/tfplugin5.proto",
        "proto/go-plugin/broker.proto",
        "proto/go-plugin/controller.proto",
        "proto/go-plugin/health.proto",
        "proto/go-plugin/stdio.proto",
    ];
    let descriptors = protox::compile(files, ["proto"])?;
    tonic_prost_build::configure().build_client(false).compile_fds(descriptors)?;
    for file in files {
        println!("cargo::rerun-if-changed={file}");
    }
    Ok(())
}
