terraform {
  # A resource moves to another type since 1.8 (moved.tf). Checks came with 1.5, `terraform test` with 1.6, `removed` with 1.7.
  required_version = ">= 1.8"
  required_providers {
    salesforce = {
      source = "salesforce-community/salesforce"
    }
  }
}
