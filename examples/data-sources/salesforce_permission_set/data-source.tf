# Terraform 1.6 or later, OpenTofu 1.10 or later.

data "salesforce_permission_set" "customer" {
  name = "Shop_Customer"
}

# Somebody must hold it, or nobody can log in.
check "somebody_may_log_in" {
  assert {
    condition     = data.salesforce_permission_set.customer.holders != 0
    error_message = "Nobody holds ${data.salesforce_permission_set.customer.label}."
  }
}

output "customers" {
  value = data.salesforce_permission_set.customer.holders
}
