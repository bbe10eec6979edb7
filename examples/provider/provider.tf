# Terraform 1.6 or later, OpenTofu 1.10 or later.

terraform {
  required_version = ">= 1.5"

  required_providers {
    salesforce = {
      source = "salesforce-community/salesforce"
    }
  }
}

# Every argument can come from the environment instead: SALESFORCE_INSTANCE_URL,
# SALESFORCE_CLIENT_ID, SALESFORCE_USERNAME, SALESFORCE_PRIVATE_KEY (or _FILE), ...
# That keeps secrets out of the configuration.
provider "salesforce" {}
