# The app that Terraform logs in with. Kept apart from every other configuration: who takes it away locks Terraform out.

terraform {
  required_version = ">= 1.5"
  required_providers {
    salesforce = {
      source = "salesforce-community/salesforce"
    }
  }
}

# With a token from the environment, this one time. The app cannot make itself.
provider "salesforce" {}

variable "certificate_file" {
  description = "The certificate of the key pair, PEM. Never the key: what Terraform is given can end up in its state."
  type        = string
}

variable "name" {
  description = "The app's API name."
  type        = string
  default     = "Terraform"
}

variable "contact_email" {
  description = "Whom Salesforce writes to about the app."
  type        = string
  default     = "terraform@example.com"
}

variable "permission_set" {
  description = "Who holds it may log in with the app. Made and assigned beforehand, see README.md."
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

  # Not used by the JWT bearer flow, but Salesforce wants one.
  callback_urls = ["https://login.salesforce.com/services/oauth2/success"]
  oauth_scopes  = ["Api", "RefreshToken"]
  certificate   = file(var.certificate_file)

  # Opaque tokens: Salesforce's SOAP API, and so the Metadata API, refuses others before API 68.0.
  named_user_jwt_enabled = false
}

resource "salesforce_external_client_app_policies" "terraform" {
  external_client_app = salesforce_external_client_app_oauth_settings.terraform.id

  # Nobody is asked on a page: who holds the permission set is let in, others are not.
  permitted_users = "AdminApprovedPreAuthorized"
  permission_sets = [var.permission_set]
}

output "client_id" {
  description = "SALESFORCE_CLIENT_ID"
  value       = salesforce_external_client_app_oauth_settings.terraform.consumer_key
}
