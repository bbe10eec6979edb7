# Terraform 1.14 or later; not in OpenTofu.
# The policies of apps that came with a package.
list "salesforce_external_client_app_policies" "of_acme" {
  provider = salesforce

  config {
    namespace = "acme"
  }
}

# Those of the org's own apps.
list "salesforce_external_client_app_policies" "own" {
  provider = salesforce

  config {
    namespace = ""
  }
}
