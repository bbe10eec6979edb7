//! The ephemeral resources, one file each (Terraform 1.10 and later).

pub mod external_client_app_credentials;
