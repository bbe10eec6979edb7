# Terraform 1.14 or later; not in OpenTofu.
# Apps with API names that start with this prefix, at most 500.
list "salesforce_external_client_app" "shops" {
  provider = salesforce
  limit    = 500

  config {
    name_prefix        = "Shop"
    distribution_state = "Local"
  }
}
