# A single-page application, which cannot store a secret. It uses PKCE and refresh token rotation.

terraform {
  required_providers {
    salesforce = { source = "salesforce-community/salesforce" }
  }
}

provider "salesforce" {}

module "app" {
  source = "../.."

  name            = "Loyalty"
  label           = "Loyalty App"
  contact_email   = "identity@example.com"
  client_type     = "public"
  callback_urls   = ["https://loyalty.example.com/callback", "http://localhost:5173/callback"]
  permission_sets = ["Shop_Customer"]
}

output "consumer_key" {
  value = module.app.consumer_key
}
