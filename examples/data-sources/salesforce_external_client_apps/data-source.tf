# Terraform 1.6 or later, OpenTofu 1.10 or later.
# All apps in the org.
data "salesforce_external_client_apps" "all" {}

# Local apps with API names that start with Shop.
data "salesforce_external_client_apps" "shop" {
  name_prefix = "Shop"
  namespace   = ""
}

output "apps" {
  value = data.salesforce_external_client_apps.all.names
}

output "labels" {
  value = { for app in data.salesforce_external_client_apps.shop.apps : app.name => app.label }
}
