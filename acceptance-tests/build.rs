//! Compiles `../proto/` to Rust: the harness speaks to the provider as Terraform does. The server side is for the
//! provider that does nothing, of `make bench`.
#![expect(clippy::disallowed_macros, reason = "cargo reads a build script's stdout")]

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = [
        "../proto/tfplugin5.proto",
        "../proto/go-plugin/broker.proto",
        "../proto/go-plugin/controller.proto",
        "../proto/go-plugin/health.proto",
        "../proto/go-plugin/stdio.proto",
    ];
    let descriptors = protox::compile(files, ["../proto"])?;
    // Stubs: a server answers "unimplemented" where it has no answer of its own.
    tonic_prost_build::configure().generate_default_stubs(true).compile_fds(descriptors)?;
    for file in files {
        println!("cargo::rerun-if-changed={file}");
    }
    Ok(())
}
