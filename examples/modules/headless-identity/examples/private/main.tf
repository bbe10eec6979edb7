# A web shop with a backend that stores the consumer secret. Users log in or browse as guests.

terraform {
  required_providers {
    salesforce = { source = "salesforce-community/salesforce" }
  }
}

provider "salesforce" {}

module "shop" {
  source = "../.."

  name            = "Shop"
  contact_email   = "identity@example.com"
  client_type     = "private"
  variants        = ["login", "guest"]
  callback_urls   = ["https://shop.example.com/callback"]
  permission_sets = ["Shop_Customer"]
}

output "consumer_key" {
  value = module.shop.consumer_key
}
