# Terraform 1.6 or later, OpenTofu 1.10 or later.

resource "salesforce_external_client_app" "shop" {
  name          = "Shop"
  label         = "Shop"
  contact_email = "identity@example.com"
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app = salesforce_external_client_app.shop.id
  callback_urls       = ["https://shop.example.com/callback"]
  oauth_scopes        = ["Api", "OpenID"]
}

# Reads an app by its API name, including apps that another team manages.
data "salesforce_external_client_app" "shop" {
  name = salesforce_external_client_app_oauth_settings.shop.id
}

output "client_id" {
  value = data.salesforce_external_client_app.shop.consumer_key
}

output "pkce_required" {
  # Null if the user cannot read the OAuth settings.
  value = try(data.salesforce_external_client_app.shop.oauth_settings.pkce_required, null)
}
