# The app that Terraform logs in with. It has a separate configuration, because deleting it would lock Terraform out.

terraform {
  required_version = ">= 1.5"
  required_providers {
    salesforce = {
      source = "salesforce-community/salesforce"
    }
  }
}

# Uses a token from the environment, because the app to log in with does not exist yet.
provider "salesforce" {}

variable "certificate_file" {
  description = "File with the certificate of the key pair (PEM). Do not use the private key: it would be stored in the state."
  type        = string
}

variable "name" {
  description = "API name of the app."
  type        = string
  default     = "Terraform"
}

variable "contact_email" {
  description = "Email address for messages from Salesforce about the app."
  type        = string
  default     = "terraform@example.com"
}

variable "permission_set" {
  description = "Permission set whose users can log in with the app. It must exist and be assigned, see README.md."
  type        = string
  default     = "Terraform_App_Developer"
}

resource "salesforce_external_client_app" "terraform" {
  name                = var.name
  label               = var.name
  description         = "Terraform logs in with this app"
  contact_email       = var.contact_email
  deletion_protection = true
}

resource "salesforce_external_client_app_oauth_settings" "terraform" {
  external_client_app = salesforce_external_client_app.terraform.id
  deletion_protection = true

  # Salesforce requires a callback URL. The JWT bearer flow does not use it.
  callback_urls = ["https://login.salesforce.com/services/oauth2/success"]
  oauth_scopes  = ["Api", "RefreshToken"]
  certificate   = file(var.certificate_file)

  # Issue opaque tokens: in API versions earlier than 68.0, the Metadata API rejects JWT-based access tokens.
  named_user_jwt_enabled = false
}

resource "salesforce_external_client_app_policies" "terraform" {
  external_client_app = salesforce_external_client_app_oauth_settings.terraform.id

  # Only users with the permission set can log in. They do not approve the app on a page.
  permitted_users = "AdminApprovedPreAuthorized"
  permission_sets = [var.permission_set]
}

output "client_id" {
  description = "SALESFORCE_CLIENT_ID"
  value       = salesforce_external_client_app_oauth_settings.terraform.consumer_key
}
