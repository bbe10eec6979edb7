# Terraform 1.6 or later, OpenTofu 1.10 or later.

terraform {
  required_version = ">= 1.6"

  required_providers {
    salesforce = {
      source = "salesforce-community/salesforce"
    }
  }
}

# All arguments can also be set as environment variables: SALESFORCE_INSTANCE_URL,
# SALESFORCE_CLIENT_ID, SALESFORCE_USERNAME, SALESFORCE_PRIVATE_KEY (or _FILE), ...
# Use them to keep secrets out of the configuration.
provider "salesforce" {}
