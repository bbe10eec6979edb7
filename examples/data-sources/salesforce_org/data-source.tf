# Terraform 1.6 or later, OpenTofu 1.10 or later.

data "salesforce_org" "current" {}

# Warns in production orgs.
check "not_production" {
  assert {
    condition     = data.salesforce_org.current.sandbox || data.salesforce_org.current.edition == "Developer Edition"
    error_message = "This configuration is connected to ${data.salesforce_org.current.name}, a production org."
  }
}

output "org" {
  value = "${data.salesforce_org.current.name} (${data.salesforce_org.current.id}), as ${data.salesforce_org.current.username}"
}
