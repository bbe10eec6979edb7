# Terraform 1.14 or later; not in OpenTofu.
# Policies of installed apps.
list "salesforce_external_client_app_policies" "of_acme" {
  provider = salesforce

  config {
    namespace = "acme"
  }
}

# Policies of local apps.
list "salesforce_external_client_app_policies" "own" {
  provider = salesforce

  config {
    namespace = ""
  }
}
