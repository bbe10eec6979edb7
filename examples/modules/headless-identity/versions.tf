terraform {
  # Blocks of checks came with 1.5, `terraform test` with 1.6.
  required_version = ">= 1.5"
  required_providers {
    salesforce = {
      source = "salesforce-community/salesforce"
    }
  }
}
