//! The providers of a workspace: the provider under test, the stand-ins for other providers, and the settings with
//! which Terraform finds them.

use super::Workspace;
use crate::{provider_binary, terraform};

/// The provider's address in the registry.
pub(super) const SOURCE: &str = "registry.terraform.io/salesforce-community/salesforce";

/// The provider's address in the registry of the program under test, Terraform or OpenTofu.
#[must_use]
pub fn source() -> String {
    format!("{}/{}", terraform::product().registry(), short(SOURCE))
}

/// The address of the provider `safe`.
const SAFE: &str = "registry.terraform.io/acceptance-tests/safe";

/// The providers that `safe` stands in for.
const STAND_INS: [&str; 6] = ["aws", "azurerm", "google", "tfe", "time", "vault"];

/// The source of a provider without its registry.
fn short(source: &str) -> &str {
    source.split_once('/').map_or(source, |(_, short)| short)
}

impl Workspace<'_> {
    /// Lets configurations also use the provider `safe` (`acceptance-tests/safe`), which receives secrets.
    ///
    /// # Panics
    /// Panics if the provider is not built.
    pub fn add_safe(&mut self) {
        self.add_provider("safe", SAFE.to_owned());
    }

    /// Lets a configuration use the other providers whose resources it contains and for which `safe` stands in.
    ///
    /// # Panics
    /// Panics if the provider `safe` is not built.
    pub fn add_stand_ins(&mut self, configuration: &str) {
        for name in STAND_INS {
            if configuration.contains(&format!("resource \"{name}_")) {
                self.add_provider(name, format!("registry.terraform.io/hashicorp/{name}"));
            }
        }
    }

    fn add_provider(&mut self, name: &'static str, source: String) {
        let program = provider_binary::program("safe-provider", "SAFE_PROVIDER");
        let link = self.root().join("bin").join(format!("terraform-provider-{name}"));
        std::os::unix::fs::symlink(program, link).expect("a link to the provider");
        self.providers.insert(name, source);
        self.override_providers();
        // The stand-ins are served without TLS.
        self.set("TF_DISABLE_PLUGIN_TLS", "1");
    }

    /// Writes settings with which Terraform uses the folder `bin` for every provider.
    pub(super) fn override_providers(&self) {
        let bin = self.root().join("bin");
        let overrides: String = self
            .providers
            .values()
            .map(|source| format!("    \"{}\" = \"{}\"\n", short(source), bin.display()))
            .collect();
        let settings =
            format!("provider_installation {{\n  dev_overrides {{\n{overrides}  }}\n  direct {{}}\n}}\n");
        std::fs::write(self.root().join("terraform.tfrc"), settings).expect("Terraform's settings");
    }

    /// The `terraform` block that is added to a configuration without required providers.
    pub(super) fn required(&self) -> String {
        let providers = self.providers.iter();
        let providers: String = providers
            .map(|(name, source)| format!("    {name} = {{ source = \"{}\" }}\n", short(source)))
            .collect();
        format!("terraform {{\n  required_providers {{\n{providers}  }}\n}}\n")
    }

    /// Lets `terraform init` install the providers as users do, from a filesystem mirror instead of the registry.
    /// Configurations with modules, and those tested by `terraform test`, need an init.
    ///
    /// # Panics
    /// Panics if the mirror cannot be written.
    pub fn installs(&self) {
        let version = env!("CARGO_PKG_VERSION");
        let mirror = self.root().join("mirror");
        // A source without a host belongs to the registry of the program that reads it.
        let registry = terraform::product().registry();
        let providers = self.providers.iter();
        let providers = providers.map(|(name, source)| (name, format!("{registry}/{}", short(source))));
        for (name, source) in providers {
            let home = mirror.join(source).join(version).join(platform());
            std::fs::create_dir_all(&home).expect("a folder of the mirror");
            let program = format!("terraform-provider-{name}");
            let link = home.join(format!("{program}_v{version}"));
            std::os::unix::fs::symlink(self.root().join("bin").join(program), link)
                .expect("a link to the provider");
        }
        let settings = format!(
            "provider_installation {{\n  filesystem_mirror {{ path = \"{}\" }}\n}}\n",
            mirror.display()
        );
        std::fs::write(self.root().join("terraform.tfrc"), settings).expect("Terraform's settings");
    }
}

/// The platform of this machine, as in the folder names of a mirror.
fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}_{machine}")
}
