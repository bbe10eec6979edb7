# Terraform 1.14 or later; not in OpenTofu.
list "salesforce_external_client_app_oauth_settings" "shops" {
  provider         = salesforce
  include_resource = true

  config {
    name_prefix = "Shop"
  }
}
