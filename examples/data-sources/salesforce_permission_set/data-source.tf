# Terraform 1.6 or later, OpenTofu 1.10 or later.

data "salesforce_permission_set" "customer" {
  name = "Shop_Customer"
}

# Warns if no user has the permission set.
check "somebody_may_log_in" {
  assert {
    condition     = data.salesforce_permission_set.customer.holders != 0
    error_message = "No user has the permission set ${data.salesforce_permission_set.customer.label}."
  }
}

output "customers" {
  value = data.salesforce_permission_set.customer.holders
}
