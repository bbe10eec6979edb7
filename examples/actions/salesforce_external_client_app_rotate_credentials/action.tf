# Terraform 1.14 or later; not in OpenTofu.
# Rotates the credentials at every invocation.
action "salesforce_external_client_app_rotate_credentials" "shop" {
  config {
    external_client_app = "Shop"
  }
}
