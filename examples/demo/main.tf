# A web shop with headless login and guests: its own pages, its own backend, Salesforce as the identity provider.
# `make demo` runs this against the emulator; against an org of yours it needs the SALESFORCE_* variables,
# a permission set Shop_Customer, and the Authorization Code and Credentials Flow allowed in the org.

terraform {
  required_providers {
    salesforce = {
      source = "salesforce-community/salesforce"
    }
  }
}

provider "salesforce" {
  # Right in production, in the way here: guests are wanted, and the shop speaks REST.
  suppress_warnings = ["anonymous-access", "jwt-enabled"]
}

module "shop" {
  source = "../modules/headless-identity"

  name            = "Shop"
  contact_email   = "identity@example.com"
  client_type     = "private" # the backend keeps the consumer secret
  variants        = ["login", "guest"]
  callback_urls   = ["https://shop.example.com/callback"]
  permission_sets = ["Shop_Customer"]

  # So that the demo can be cleaned up. Leave it out in earnest.
  deletion_protection = false
}

output "consumer_key" {
  description = "The shop's client ID"
  value       = module.shop.consumer_key
}
