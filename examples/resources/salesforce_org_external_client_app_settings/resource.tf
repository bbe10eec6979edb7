# Terraform 1.6 or later, OpenTofu 1.10 or later.
# Org-wide settings. Omitted attributes are not managed.
resource "salesforce_org_external_client_app_settings" "org" {
  # Users with the permission View Client Secret can read the secrets with the REST API.
  client_secret_in_rest_api_access_enabled = true
}
