# Terraform 1.14 or later; not in OpenTofu.
# Every app of the org whose name begins like this, at most 500 of them.
list "salesforce_external_client_app" "shops" {
  provider = salesforce
  limit    = 500

  config {
    name_prefix        = "Shop"
    distribution_state = "Local"
  }
}
