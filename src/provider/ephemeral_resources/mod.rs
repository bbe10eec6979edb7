//! The ephemeral resources, a file each: what is looked up and kept nowhere (Terraform 1.10 and later).

pub mod external_client_app_credentials;
