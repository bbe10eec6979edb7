# A web shop with headless login and guests. It has its own pages and backend; Salesforce is the identity provider.
# `make demo` runs it with the emulator. To run it with an org, set the SALESFORCE_* variables, create
# the permission set Shop_Customer, and enable the Authorization Code and Credentials Flow in the org.

terraform {
  required_providers {
    salesforce = {
      source = "salesforce-community/salesforce"
    }
  }
}

provider "salesforce" {
  # These warnings are useful in production, but expected here: the demo uses guests and REST calls only.
  suppress_warnings = ["anonymous-access", "jwt-enabled"]
}

module "shop" {
  source = "../modules/headless-identity"

  name            = "Shop"
  contact_email   = "identity@example.com"
  client_type     = "private" # the backend stores the consumer secret
  variants        = ["login", "guest"]
  callback_urls   = ["https://shop.example.com/callback"]
  permission_sets = ["Shop_Customer"]

  # Lets the demo destroy the app. Omit it in production.
  deletion_protection = false
}

output "consumer_key" {
  description = "Client ID of the shop"
  value       = module.shop.consumer_key
}
