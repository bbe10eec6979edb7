# Terraform 1.14 or later; not in OpenTofu.
# Whole apps, one resource each.
list "salesforce_oauth_client" "all" {
  provider = salesforce
  limit    = 5000
}

list "salesforce_oauth_client" "shop" {
  provider         = salesforce
  include_resource = true

  config {
    label = "Shop"
  }
}
