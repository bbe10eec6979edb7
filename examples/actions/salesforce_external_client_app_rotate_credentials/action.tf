# Terraform 1.14 or later; not in OpenTofu.
# Rotates each time that it is invoked, whatever the configuration says.
action "salesforce_external_client_app_rotate_credentials" "shop" {
  config {
    external_client_app = "Shop"
  }
}
