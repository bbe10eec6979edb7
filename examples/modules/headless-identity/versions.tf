terraform {
  # 1.8 for moves between resource types (moved.tf). Checks need 1.5, `terraform test` 1.6, `removed` 1.7.
  required_version = ">= 1.8"
  required_providers {
    salesforce = {
      source = "salesforce-community/salesforce"
    }
  }
}
