# Terraform 1.6 or later, OpenTofu 1.10 or later.

resource "salesforce_external_client_app" "shop" {
  name          = "Shop" # the API name; changing it replaces the app
  label         = "Shop" # the display name
  description   = "The web shop and its mobile app"
  contact_email = "identity@example.com"
}
