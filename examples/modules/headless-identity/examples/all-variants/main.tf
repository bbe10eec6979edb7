# Everything at once: passwords, one-time codes, registration and guests. The org's switch is managed here, too.

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
  # The default profile of users who register: they have no permission set yet.
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
