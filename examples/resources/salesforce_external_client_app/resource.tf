# Terraform 1.6 or later, OpenTofu 1.10 or later.

resource "salesforce_external_client_app" "shop" {
  name          = "Shop" # the API name: for ever
  label         = "Shop" # what people see: change it as you like
  description   = "The web shop and its mobile app"
  contact_email = "identity@example.com"
}
