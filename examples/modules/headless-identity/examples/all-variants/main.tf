# All variants: passwords, one-time codes, registration and guests. This configuration also manages the org setting.

terraform {
  required_providers {
    salesforce = { source = "salesforce-community/salesforce" }
  }
}

provider "salesforce" {}

module "portal" {
  source = "../.."

  name          = "Portal"
  contact_email = "identity@example.com"
  client_type   = "private"
  variants      = ["login", "passwordless", "registration", "guest"]
  callback_urls = ["https://portal.example.com/callback"]

  permission_sets = ["Shop_Customer"]
  # The default profile of new users, who do not have a permission set yet.
  profiles = ["Customer Community User"]

  user_token_minutes  = 30
  guest_token_minutes = 10
  manage_org_settings = true
  site                = "Shop"
  site_url            = "https://portal.example.my.site.com"
}

output "flows" {
  value = module.portal.flows
}

output "smoke_test" {
  value = module.portal.smoke_test
}
