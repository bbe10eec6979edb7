# Terraform 1.6 or later, OpenTofu 1.10 or later.
# Settings of the whole org: what is not written here stays as the org has it.
resource "salesforce_org_external_client_app_settings" "org" {
  # Whoever may view client secrets gets them by the REST API.
  client_secret_in_rest_api_access_enabled = true
}
